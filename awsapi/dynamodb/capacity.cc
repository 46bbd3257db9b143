#include "awsapi/dynamodb/capacity.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "awsapi/dynamodb/fields.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr double kReadUnitBytes = 4096, kWriteUnitBytes = 1024;

}  // namespace

double read_units(size_t bytes, bool consistent) {
  const double units = std::max(1.0, std::ceil(static_cast<double>(bytes) / kReadUnitBytes));
  return consistent ? units : units / 2;
}

double write_units(size_t bytes) {
  return std::max(1.0, std::ceil(static_cast<double>(bytes) / kWriteUnitBytes));
}

Outcome<Capacity> Capacity::asked_by(const json& request) {
  const auto word =
      word_field(request, "ReturnConsumedCapacity", "NONE", {"INDEXES", "TOTAL", "NONE"});
  if (!word) return word.error();
  Capacity out;
  out.wanted_ = *word != "NONE";
  out.by_index_ = *word == "INDEXES";
  return out;
}

json Capacity::about(const std::string& table, const Used& used, bool apart) const {
  json units = {{"CapacityUnits", used.read + used.write}};
  if (apart && used.read > 0) units["ReadCapacityUnits"] = used.read;
  if (apart && used.write > 0) units["WriteCapacityUnits"] = used.write;
  json out = units;
  out["TableName"] = table;
  if (by_index_) out["Table"] = units;
  return out;
}

void Capacity::report_one(json& answer) const {
  if (!wanted_ || used_.empty()) return;
  answer["ConsumedCapacity"] = about(used_.begin()->first, used_.begin()->second, false);
}

void Capacity::report_list(json& answer, bool apart) const {
  if (!wanted_) return;
  json list = json::array();
  for (const auto& [table, used] : used_) list.push_back(about(table, used, apart));
  answer["ConsumedCapacity"] = std::move(list);
}

}  // namespace multiaz::awsapi::dynamodb
