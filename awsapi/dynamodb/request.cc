#include "awsapi/dynamodb/request.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "awsapi/dynamodb/capacity.h"
#include "awsapi/dynamodb/fields.h"
#include "base/core/jsonio.h"
#include "base/core/random.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr size_t kVersionBytes = 12;

Done read_condition(const json& in, Placeholders& given, PreparedWrite& out) {
  const auto text = text_field(in, "ConditionExpression", "");
  if (!text) return text.error();
  if (jsonio::find(in, "ConditionExpression")) {
    auto condition = parse_condition(*text, "ConditionExpression", given);
    if (!condition) return condition.error();
    out.condition = *condition;
  }
  const auto tell =
      word_field(in, "ReturnValuesOnConditionCheckFailure", "NONE", {"ALL_OLD", "NONE"});
  if (!tell) return tell.error();
  out.tell_old_on_failure = *tell == "ALL_OLD";
  return Done();
}

Done read_update(const json& in, Placeholders& given, PreparedWrite& out) {
  const auto text = text_field(in, "UpdateExpression", "");
  if (!text) return text.error();
  if (!jsonio::find(in, "UpdateExpression")) return Done();
  auto update = parse_update(*text, given);
  if (!update) return update.error();
  out.update = std::move(*update);
  return Done();
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

Outcome<Placeholders> placeholders_of(const json& in) {
  for (const char* name : {"ExpressionAttributeNames", "ExpressionAttributeValues"}) {
    const auto map = map_field(in, name);
    if (!map) return map.error();
  }
  const json none;
  const json* names = jsonio::find(in, "ExpressionAttributeNames");
  const json* values = jsonio::find(in, "ExpressionAttributeValues");
  auto given = Placeholders::read(names ? *names : none, values ? *values : none);
  if (!given) return given.error();
  return std::move(*given);
}

Outcome<PreparedWrite> prepare_write(WriteKind kind, const TableInfo& table, const json& in) {
  PreparedWrite out;
  out.kind = kind;
  out.table = table;
  const char* name = kind == WriteKind::kPut ? "Item" : "Key";
  const Done formed = structure(in, "the request of one item");
  if (!formed) return formed.error();
  const auto item = map_field(in, name);
  if (!item) return item.error();
  if (!jsonio::find(in, name)) return missing(name);
  out.item = **item;
  const Status good = check_item(out.item);
  if (!good) return good.error();
  auto key = kind == WriteKind::kPut ? key_of_item(table, out.item) : key_of_key(table, out.item);
  if (!key) return key.error();
  out.key = std::move(*key);
  auto given = placeholders_of(in);
  if (!given) return given.error();
  Done done = read_condition(in, *given, out);
  if (done && kind == WriteKind::kUpdate) done = read_update(in, *given, out);
  if (done) done = given->all_used();
  if (!done) return done.error();
  return out;
}

Outcome<DecidedWrite> decide_write(const PreparedWrite& write, const StoredItem& now) {
  DecidedWrite out;
  out.before = now.item;
  const Item seen = now.item.is_null() ? Item::object() : now.item;
  if (write.condition) {
    const auto met = holds(*write.condition, seen);
    if (!met) return met.error();
    if (!*met) {
      const bool tell = write.tell_old_on_failure && !now.item.is_null();
      return fault_with("ConditionalCheckFailedException", "The conditional request failed",
                        tell ? json{{"Item", now.item}} : json());
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

double write_units(const DecidedWrite& write) {
  const size_t before = write.before.is_null() ? 0 : bytes_of_item(write.before);
  const size_t after = write.after.is_null() ? 0 : bytes_of_item(write.after);
  return write_units(std::max(before, after));
}

Outcome<ItemRef> read_key(const TableInfo& table, const json& key) {
  Item checked = key;
  const Status good = check_item(checked);
  if (!good) return good.error();
  const auto found = key_of_key(table, checked);
  if (!found) return found.error();
  return ItemRef{table.id, *found};
}

Outcome<std::vector<Path>> read_projection(const json& in) {
  auto given = placeholders_of(in);
  if (!given) return given.error();
  std::vector<Path> out;
  const auto text = text_field(in, "ProjectionExpression", "");
  if (!text) return text.error();
  if (jsonio::find(in, "ProjectionExpression")) {
    auto paths = parse_projection(*text, *given);
    if (!paths) return paths.error();
    out = std::move(*paths);
  }
  const Status used = given->all_used();
  if (!used) return used.error();
  return out;
}

Outcome<PreparedRead> prepare_read(const TableInfo& table, const json& in) {
  const auto key = map_field(in, "Key");
  if (!key) return key.error();
  if (!jsonio::find(in, "Key")) return missing("Key");
  auto ref = read_key(table, **key);
  if (!ref) return ref.error();
  auto paths = read_projection(in);
  if (!paths) return paths.error();
  return PreparedRead{std::move(*ref), std::move(*paths)};
}

Item shown(const Item& item, const std::vector<Path>& paths) {
  return paths.empty() ? item : project(item, paths);
}

}  // namespace multiaz::awsapi::dynamodb
