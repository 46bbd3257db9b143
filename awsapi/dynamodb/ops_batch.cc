// Batches: many items at once, each one independent of the others.
#include <nlohmann/json.hpp>
#include <set>

#include "awsapi/dynamodb/capacity.h"
#include "awsapi/dynamodb/fields.h"
#include "awsapi/dynamodb/request.h"
#include "awsapi/dynamodb/service.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr size_t kBatchGetMax = 100, kBatchWriteMax = 25;
constexpr size_t kAnswerBytesMax = 16u << 20;

// The reads of one table in a BatchGetItem.
struct TableReads {
  std::vector<ItemRef> keys;
  std::vector<Path> paths;
  bool consistent = false;
};
Outcome<TableReads> read_table(const TableInfo& table, const json& about) {
  TableReads out;
  const auto consistent = flag_field(about, "ConsistentRead");
  if (!consistent) return consistent.error();
  out.consistent = *consistent;
  auto paths = read_projection(about);
  if (!paths) return paths.error();
  out.paths = std::move(*paths);
  const auto wanted = list_field(about, "Keys");
  if (!wanted) return wanted.error();
  std::set<ItemKey> seen;
  for (const json& key : **wanted) {
    auto ref = read_key(table, key);
    if (!ref) return ref.error();
    if (!seen.insert(ref->key).second) {
      return validation("Provided list of item keys contains duplicates");
    }
    out.keys.push_back(std::move(*ref));
  }
  return out;
}

// Checks how many keys are requested over all tables.
Done check_get(const json& tables) {
  size_t asked = 0;
  for (auto each = tables.begin(); each != tables.end(); ++each) {
    const Done formed = structure(each.value(), each.key());
    if (!formed) return formed;
    const auto wanted = list_field(each.value(), "Keys");
    if (!wanted) return wanted.error();
    if ((*wanted)->empty()) {
      return validation(
          "1 validation error detected: Value at 'requestItems.member.keys' failed to satisfy "
          "constraint: Member must have length greater than or equal to 1");
    }
    asked += (*wanted)->size();
  }
  if (asked == 0) {
    return validation(
        "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1");
  }
  if (asked <= kBatchGetMax) return Done();
  return validation("Too many items requested for the BatchGetItem call");
}

// Returns the one write request that must be present, and its kind.
Outcome<std::pair<WriteKind, const json*>> write_of(const json& one) {
  const Done formed = structure(one, "RequestItems");
  if (!formed) return formed.error();
  const auto put = map_field(one, "PutRequest"), gone = map_field(one, "DeleteRequest");
  if (!put) return put.error();
  if (!gone) return gone.error();
  if ((*put)->empty() == (*gone)->empty()) {
    return validation(
        "Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest");
  }
  const bool is_put = !(*put)->empty();
  return std::pair(is_put ? WriteKind::kPut : WriteKind::kDelete, is_put ? *put : *gone);
}

Done check_write(const json& tables) {
  size_t asked = 0;
  for (auto each = tables.begin(); each != tables.end(); ++each) {
    const auto list = list_field(tables, each.key().c_str());
    if (!list) return list.error();
    asked += (*list)->size();
  }
  if (asked > 0 && asked <= kBatchWriteMax) return Done();
  return validation(
      "1 validation error detected: Value at 'requestItems' failed to satisfy "
      "constraint: Map value must satisfy constraint: [Member must have length "
      "less than or equal to 25, Member must have length greater than or equal "
      "to 1]");
}

}  // namespace

rt::Task<Answer> batch_get(Service& service, json request, Nanos until) {
  const auto tables = map_field(request, "RequestItems");
  if (!tables) co_return tables.error();
  auto capacity = Capacity::asked_by(request);
  if (!capacity) co_return capacity.error();
  const Done good = check_get(**tables);
  if (!good) co_return good.error();
  json answer = {{"Responses", json::object()}, {"UnprocessedKeys", json::object()}};
  size_t bytes = 0;
  for (auto each = (*tables)->begin(); each != (*tables)->end(); ++each) {
    const std::string& name = each.key();
    const auto table = co_await service.store.table(name, until);
    if (!table) co_return table.error();
    const auto wanted = read_table(*table, each.value());
    if (!wanted) co_return wanted.error();
    const auto found = co_await service.store.read(wanted->keys, wanted->consistent, until);
    if (!found) co_return found.error();
    json& given = answer["Responses"][name];
    given = json::array();
    for (size_t i = 0; i < found->size(); ++i) {
      const Item& item = (*found)[i].item;
      const size_t size = item.is_null() ? 0 : bytes_of_item(item);
      bytes += size;
      if (bytes > kAnswerBytesMax) {
        answer["UnprocessedKeys"][name]["Keys"].push_back(each.value()["Keys"][i]);
        continue;
      }
      capacity->read(name, read_units(size, wanted->consistent));
      if (!item.is_null()) given.push_back(shown(item, wanted->paths));
    }
  }
  capacity->report_list(answer, false);
  co_return answer;
}

rt::Task<Answer> batch_write(Service& service, json request, Nanos until) {
  const auto tables = map_field(request, "RequestItems");
  if (!tables) co_return tables.error();
  auto capacity = Capacity::asked_by(request);
  if (!capacity) co_return capacity.error();
  const Done good = check_write(**tables);
  if (!good) co_return good.error();
  std::vector<PreparedWrite> writes;
  std::set<std::pair<std::string, ItemKey>> seen;
  for (auto each = (*tables)->begin(); each != (*tables)->end(); ++each) {
    const auto table = co_await service.store.table(each.key(), until);
    if (!table) co_return table.error();
    for (const json& one : each.value()) {
      const auto order = write_of(one);
      if (!order) co_return order.error();
      auto write = prepare_write(order->first, *table, *order->second);
      if (!write) co_return write.error();
      if (!seen.emplace(table->id, write->key).second) {
        co_return validation("Provided list of item keys contains duplicates");
      }
      writes.push_back(std::move(*write));
    }
  }
  for (const PreparedWrite& write : writes) {
    const auto done = co_await carry_out(service, write, until);
    if (!done) co_return done.error();
    capacity->write(write.table.name, write_units(*done));
  }
  json answer = {{"UnprocessedItems", json::object()}};
  capacity->report_list(answer, false);
  co_return answer;
}

}  // namespace multiaz::awsapi::dynamodb
