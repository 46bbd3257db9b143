// Query and Scan: items in the order of their keys, page by page, filtered after they were read.
#include <sodium.h>

#include <nlohmann/json.hpp>

#include "awsapi/dynamodb/capacity.h"
#include "awsapi/dynamodb/fields.h"
#include "awsapi/dynamodb/request.h"
#include "awsapi/dynamodb/service.h"
#include "base/core/jsonio.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr size_t kPageBytesMax = 1u << 20;
constexpr const char* kAboveHex = "g";  // sorts after every hexadecimal text

struct RangeRequest {
  Range range;
  ConditionPtr filter;  // null for none
  std::vector<Path> paths;
  Capacity capacity;
  bool count_only = false, consistent = false;
  int64_t limit = 0;  // 0 for none
  int64_t segment = 0, segments = 1;
};

Error bad_key_condition(const std::string& why) {
  return validation("Query key condition not supported: " + why);
}

bool is_path_to(const Operand& operand, const std::string& name) {
  return operand.kind == Operand::Kind::kPath && operand.path.size() == 1 &&
         operand.path[0].name == name && operand.path[0].index < 0;
}

// The value on one side of a comparison, in the form in which keys are stored.
Result<std::string> key_side(const Operand& operand, const KeyPart& part) {
  if (operand.kind != Operand::Kind::kValue) return bad_key_condition("a value is needed");
  if (type_of(*operand.value) != part.type) {
    return validation(
        "One or more parameter values were invalid: Condition parameter type does "
        "not match schema type");
  }
  return key_text(*operand.value);
}

Status read_sort_condition(const Condition& c, const TableInfo& table, Range& out) {
  const bool begins = c.kind == Condition::Kind::kFunction && c.word == "begins_with";
  const bool between = c.kind == Condition::Kind::kBetween;
  const bool compares = c.kind == Condition::Kind::kCompare && c.word != "<>";
  if (!begins && !between && !compares) return bad_key_condition("operator " + c.word);
  if (table.range.name.empty() || !is_path_to(*c.operands[0], table.range.name)) {
    return validation("Query condition missed key schema element");
  }
  auto first = key_side(*c.operands[1], table.range);
  if (!first) return first.error();
  if (begins && table.range.type == "N") return bad_key_condition("begins_with on a number");
  if (between) {
    auto last = key_side(*c.operands[2], table.range);
    if (!last) return last.error();
    out.low = *first;
    out.high = *last;
  } else if (begins) {
    out.low = *first;
    out.high = *first + kAboveHex;
  } else {
    const bool low = c.word == "=" || c.word == ">" || c.word == ">=";
    const bool high = c.word == "=" || c.word == "<" || c.word == "<=";
    if (low) out.low = *first;
    if (high) out.high = *first;
    out.low_open = c.word == ">";
    out.high_open = c.word == "<";
  }
  return Status();
}

Status read_key_condition(const Condition& whole, const TableInfo& table, Range& out) {
  std::vector<const Condition*> parts = {&whole};
  if (whole.kind == Condition::Kind::kAnd) {
    parts.clear();
    for (const ConditionPtr& part : whole.parts) parts.push_back(part.get());
  }
  if (parts.size() > 2) return bad_key_condition("more than two parts");
  for (const Condition* part : parts) {
    const bool hash = part->kind == Condition::Kind::kCompare && part->word == "=" &&
                      is_path_to(*part->operands[0], table.hash.name);
    const bool again = hash ? !out.hash.empty() : !out.low.empty() || !out.high.empty();
    if (again) return validation("KeyConditionExpressions must only contain one condition per key");
    if (!hash) {
      const Status done = read_sort_condition(*part, table, out);
      if (!done) return done;
      continue;
    }
    auto value = key_side(*part->operands[1], table.hash);
    if (!value) return value.error();
    out.hash = *value;
  }
  if (!out.hash.empty()) return Status();
  return validation("Query condition missed key schema element: " + table.hash.name);
}

Done read_start(const json& request, const TableInfo& table, Range& out) {
  const auto start = map_field(request, "ExclusiveStartKey");
  if (!start) return start.error();
  if (!jsonio::find(request, "ExclusiveStartKey")) return Done();
  const auto ref = read_key(table, **start);
  if (!ref) return validation("The provided starting key is invalid: " + ref.error().message);
  if (!out.hash.empty() && ref->key.hash != out.hash) {
    return validation(
        "The provided starting key is outside query boundaries based on provided "
        "conditions");
  }
  out.after = ref->key;
  return Done();
}

Done read_expressions(const json& request, const TableInfo& table, bool query, RangeRequest& out) {
  auto given = placeholders_of(request);
  if (!given) return given.error();
  for (const char* name : {"KeyConditionExpression", "FilterExpression"}) {
    const bool keys = name[0] == 'K';
    const auto text = text_field(request, name, keys && query ? nullptr : "");
    if (!text) return text.error();
    if (!jsonio::find(request, name)) continue;
    if (keys && !query) return validation("KeyConditionExpression is a parameter of Query alone");
    const auto condition = parse_condition(*text, name, *given);
    if (!condition) return condition.error();
    if (!keys) out.filter = *condition;
    const Status done = keys ? read_key_condition(**condition, table, out.range) : Status();
    if (!done) return done;
  }
  const auto text = text_field(request, "ProjectionExpression", "");
  if (!text) return text.error();
  if (jsonio::find(request, "ProjectionExpression")) {
    auto paths = parse_projection(*text, *given);
    if (!paths) return paths.error();
    out.paths = std::move(*paths);
  }
  return given->all_used();
}

Outcome<RangeRequest> read_request(const json& request, const TableInfo& table, bool query) {
  RangeRequest out;
  out.range.table = table;
  auto capacity = Capacity::asked_by(request);
  if (!capacity) return capacity.error();
  out.capacity = std::move(*capacity);
  Done done = read_expressions(request, table, query, out);
  if (done) done = read_start(request, table, out.range);
  if (!done) return done.error();
  const auto forward = flag_field(request, "ScanIndexForward", true);
  if (!forward) return forward.error();
  out.range.backwards = query && !*forward;
  const auto limit = number_field(request, "Limit", 1, INT32_MAX);
  if (!limit) return limit.error();
  out.limit = limit->value_or(0);
  const auto consistent = flag_field(request, "ConsistentRead");
  if (!consistent) return consistent.error();
  out.consistent = *consistent;
  const auto select =
      word_field(request, "Select", "ALL_ATTRIBUTES",
                 {"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"});
  if (!select) return select.error();
  out.count_only = *select == "COUNT";
  const auto segments = number_field(request, "TotalSegments", 1, 1'000'000);
  if (!segments) return segments.error();
  out.segments = segments->value_or(1);
  const auto segment = number_field(request, "Segment", 0, out.segments - 1);
  if (!segment) return segment.error();
  out.segment = segment->value_or(0);
  return out;
}

// The segment of a parallel scan to which an item belongs.
int64_t segment_of(const ItemKey& key, int64_t segments) {
  uint64_t hash = 0;
  static constexpr unsigned char kKey[crypto_shorthash_KEYBYTES] = {};
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash),
                   reinterpret_cast<const unsigned char*>(key.hash.data()), key.hash.size(), kKey);
  return static_cast<int64_t>(hash % static_cast<uint64_t>(segments));
}

rt::Task<Answer> read_pages(Service& service, RangeRequest asked, Nanos until) {
  json items = json::array();
  int64_t count = 0, scanned = 0;
  size_t bytes = 0;
  Item last;
  bool more = true, full = false;
  const TableInfo& table = asked.range.table;
  while (more && !full) {
    const auto page =
        co_await service.store.read_range(asked.range, kRowsPerRead, asked.consistent, until);
    if (!page) co_return page.error();
    more = page->size() == kRowsPerRead;
    for (size_t i = 0; i < page->size() && !full; ++i) {
      const Item& item = (*page)[i];
      const auto key = key_of_item(table, item);
      if (!key) co_return key.error();
      asked.range.after = *key;
      if (asked.segments > 1 && segment_of(*key, asked.segments) != asked.segment) continue;
      ++scanned;
      bytes += bytes_of_item(item);
      last = item;
      full = scanned == asked.limit || bytes >= kPageBytesMax;
      if (asked.filter) {
        const auto met = holds(*asked.filter, item);
        if (!met) co_return met.error();
        if (!*met) continue;
      }
      ++count;
      if (!asked.count_only) items.push_back(shown(item, asked.paths));
    }
  }
  json answer = {{"Count", count}, {"ScannedCount", scanned}};
  if (!asked.count_only) answer["Items"] = items;
  if (full) answer["LastEvaluatedKey"] = key_attributes(table, last);
  asked.capacity.read(table.name, read_units(bytes, asked.consistent));
  asked.capacity.report_one(answer);
  co_return answer;
}

rt::Task<Answer> range_operation(Service& service, json request, bool is_query, Nanos until) {
  const auto name = text_field(request, "TableName", nullptr);
  if (!name) co_return name.error();
  const auto table = co_await service.store.table(*name, until);
  if (!table) co_return table.error();
  auto asked = read_request(request, *table, is_query);
  if (!asked) co_return asked.error();
  Answer answer = co_await read_pages(service, std::move(*asked), until);
  co_return answer;
}

}  // namespace

rt::Task<Answer> query(Service& service, json request, Nanos until) {
  Answer answer = co_await range_operation(service, request, true, until);
  co_return answer;
}

rt::Task<Answer> scan(Service& service, json request, Nanos until) {
  Answer answer = co_await range_operation(service, request, false, until);
  co_return answer;
}

}  // namespace multiaz::awsapi::dynamodb
