#include "awsapi/dynamodb/request.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "awsapi/dynamodb/fault.h"
#include "base/core/random.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr size_t kVersionBytes = 12;
constexpr double kReadUnitBytes = 4096, kWriteUnitBytes = 1024;

json field(const json& in, const char* name) {
  const auto found = in.find(name);
  return found == in.end() ? json() : *found;
}

Result<Placeholders> placeholders_of(const json& in) {
  return Placeholders::read(field(in, "ExpressionAttributeNames"),
                            field(in, "ExpressionAttributeValues"));
}

Status read_condition(const json& in, Placeholders& given, PreparedWrite& out) {
  const auto text = text_field(in, "ConditionExpression", "");
  if (!text) return text.error();
  if (in.contains("ConditionExpression")) {
    auto condition = parse_condition(*text, "ConditionExpression", given);
    if (!condition) return condition.error();
    out.condition = *condition;
  }
  const auto tell = text_field(in, "ReturnValuesOnConditionCheckFailure", "NONE");
  if (!tell) return tell.error();
  out.tell_old_on_failure = *tell == "ALL_OLD";
  return Status();
}

Status read_update(const json& in, Placeholders& given, PreparedWrite& out) {
  const auto text = text_field(in, "UpdateExpression", "");
  if (!text) return text.error();
  if (!in.contains("UpdateExpression")) return Status();
  auto update = parse_update(*text, given);
  if (!update) return update.error();
  out.update = std::move(*update);
  return Status();
}

Status keep_key(const PreparedWrite& write, const std::set<std::string>& touched) {
  for (const KeyPart* part : {&write.table.hash, &write.table.range}) {
    if (part->name.empty() || !touched.contains(part->name)) continue;
    return validation("One or more parameter values were invalid: Cannot update attribute " +
                      part->name + ". This attribute is part of the key");
  }
  return Status();
}

}  // namespace

Result<std::string> text_field(const json& in, const char* name, const char* fallback) {
  const auto found = in.find(name);
  if (found == in.end() || found->is_null()) {
    if (fallback) return std::string(fallback);
    return validation(std::string("1 validation error detected: Value null at '") + name +
                      "' failed to satisfy constraint: Member must not be null");
  }
  if (found->is_string()) return found->get<std::string>();
  return fault("SerializationException", std::string(name) + " must be a string");
}

Result<bool> flag_field(const json& in, const char* name) {
  const auto found = in.find(name);
  if (found == in.end() || found->is_null()) return false;
  if (found->is_boolean()) return found->get<bool>();
  return fault("SerializationException", std::string(name) + " must be true or false");
}

Result<std::optional<int64_t>> number_field(const json& in, const char* name, int64_t low,
                                            int64_t high) {
  const auto found = in.find(name);
  if (found == in.end() || found->is_null()) return std::optional<int64_t>();
  if (!found->is_number_integer()) {
    return fault("SerializationException", std::string(name) + " must be a number");
  }
  const auto value = found->get<int64_t>();
  if (value >= low && value <= high) return std::optional(value);
  return validation("1 validation error detected: Value '" + std::to_string(value) + "' at '" +
                    name + "' failed to satisfy constraint: Member must have value between " +
                    std::to_string(low) + " and " + std::to_string(high));
}

Result<PreparedWrite> prepare_write(WriteKind kind, const TableInfo& table, const json& in) {
  PreparedWrite out;
  out.kind = kind;
  out.table = table;
  const char* name = kind == WriteKind::kPut ? "Item" : "Key";
  out.item = field(in, name);
  const Status good = check_item(out.item);
  if (!good) return good.error();
  auto key = kind == WriteKind::kPut ? key_of_item(table, out.item) : key_of_key(table, out.item);
  if (!key) return key.error();
  out.key = std::move(*key);
  auto given = placeholders_of(in);
  if (!given) return given.error();
  Status done = read_condition(in, *given, out);
  if (done && kind == WriteKind::kUpdate) done = read_update(in, *given, out);
  if (done) done = given->all_used();
  if (!done) return done.error();
  return out;
}

Result<DecidedWrite> decide_write(const PreparedWrite& write, const StoredItem& now) {
  DecidedWrite out;
  out.before = now.item;
  const Item seen = now.item.is_null() ? Item::object() : now.item;
  if (write.condition) {
    const auto met = holds(*write.condition, seen);
    if (!met) return met.error();
    if (!*met) {
      const bool tell = write.tell_old_on_failure && !now.item.is_null();
      const json extra = {{"Item", now.item}};
      return fault("ConditionalCheckFailedException", "The conditional request failed",
                   tell ? extra.dump() : std::string());
    }
  }
  out.change.table = write.table;
  out.change.key = write.key;
  out.change.before = now.version;
  out.change.version = secret_hex(kVersionBytes);
  out.change.check = write.kind == WriteKind::kCheck;
  if (write.kind == WriteKind::kPut) out.after = write.item;
  if (write.kind == WriteKind::kUpdate) {
    out.after = now.item.is_null() ? write.item : now.item;
    Status done = apply_update(write.update, out.after, out.touched);
    if (done) done = keep_key(write, out.touched);
    if (done) done = check_item(out.after);
    if (!done) return done.error();
  }
  if (write.kind == WriteKind::kCheck) out.after = now.item;
  out.change.after = out.after;
  return out;
}

Result<PreparedRead> prepare_read(const TableInfo& table, const json& in) {
  PreparedRead out;
  Item key = field(in, "Key");
  const Status good = check_item(key);
  if (!good) return good.error();
  const auto found = key_of_key(table, key);
  if (!found) return found.error();
  out.ref = ItemRef{table.id, *found};
  auto given = placeholders_of(in);
  if (!given) return given.error();
  if (in.contains("ProjectionExpression")) {
    const auto text = text_field(in, "ProjectionExpression", "");
    if (!text) return text.error();
    auto paths = parse_projection(*text, *given);
    if (!paths) return paths.error();
    out.paths = std::move(*paths);
  }
  const Status used = given->all_used();
  if (!used) return used.error();
  return out;
}

Item shown(const Item& item, const std::vector<Path>& paths) {
  return paths.empty() ? item : project(item, paths);
}

void add_capacity(const json& request, const std::string& table, double units, json& answer) {
  const auto asked = request.find("ReturnConsumedCapacity");
  if (asked == request.end() || *asked == "NONE") return;
  answer["ConsumedCapacity"] = {{"TableName", table}, {"CapacityUnits", units}};
}

double read_units(size_t bytes, bool consistent) {
  const double units = std::max(1.0, std::ceil(static_cast<double>(bytes) / kReadUnitBytes));
  return consistent ? units : units / 2;
}

double write_units(size_t bytes) {
  return std::max(1.0, std::ceil(static_cast<double>(bytes) / kWriteUnitBytes));
}

}  // namespace multiaz::awsapi::dynamodb
