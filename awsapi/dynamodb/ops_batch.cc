// Several items at once: batches (each for itself) and transactions (all or none).
#include <nlohmann/json.hpp>
#include <set>

#include "awsapi/dynamodb/fault.h"
#include "awsapi/dynamodb/request.h"
#include "awsapi/dynamodb/service.h"
#include "base/wire/hash.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr size_t kBatchGetMax = 100, kBatchWriteMax = 25, kTransactMax = 100;
constexpr size_t kAnswerBytesMax = 16u << 20;
constexpr int kTransactRoundsMax = 8;

struct NamedKind {
  const char* name;
  WriteKind kind;
};
constexpr NamedKind kTransactKinds[] = {{"Put", WriteKind::kPut},
                                        {"Update", WriteKind::kUpdate},
                                        {"Delete", WriteKind::kDelete},
                                        {"ConditionCheck", WriteKind::kCheck}};

Error too_many(const char* what, size_t max) {
  return validation(std::string("1 validation error detected: ") + what +
                    " failed to satisfy constraint: Member must have length between 1 and " +
                    std::to_string(max));
}

// The same item twice in one request.
Status all_apart(const std::vector<std::pair<std::string, ItemKey>>& keys) {
  std::set<std::pair<std::string, ItemKey>> seen;
  for (const auto& key : keys) {
    if (!seen.insert(key).second)
      return validation("Provided list of item keys contains duplicates");
  }
  return Status();
}

// Reasons in the order of the items; "None" for those that had nothing against it.
Error canceled(const std::vector<std::pair<std::string, json>>& reasons) {
  json list = json::array();
  std::string codes;
  for (const auto& [code, more] : reasons) {
    json one = more.is_object() ? more : json::object();
    one["Code"] = code;
    list.push_back(std::move(one));
    codes += (codes.empty() ? "" : ", ") + code;
  }
  json extra;
  extra["CancellationReasons"] = list;
  return fault("TransactionCanceledException",
               "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
                   codes + "]",
               extra.dump());
}

rt::Task<Result<std::vector<PreparedWrite>>> prepare_all(Service& service, json items,
                                                         Nanos until) {
  std::vector<PreparedWrite> out;
  std::vector<std::pair<std::string, ItemKey>> keys;
  for (const json& item : items) {
    const NamedKind* kind = nullptr;
    for (const NamedKind& one : kTransactKinds) {
      if (item.is_object() && item.size() == 1 && item.contains(one.name)) kind = &one;
    }
    if (!kind) {
      co_return validation("TransactItems can only contain one of Check, Put, Update or Delete");
    }
    const json in = item[kind->name];
    const auto name = text_field(in, "TableName", nullptr);
    if (!name) co_return name.error();
    const auto table = co_await service.store.table(*name, until);
    if (!table) co_return table.error();
    auto write = prepare_write(kind->kind, *table, in);
    if (!write) co_return write.error();
    keys.emplace_back(table->id, write->key);
    out.push_back(std::move(*write));
  }
  const Status apart = all_apart(keys);
  if (!apart) {
    co_return validation("Transaction request cannot include multiple operations on one item");
  }
  co_return out;
}

// What each write would do now; TransactionCanceledException when one may not.
Result<std::vector<Change>> decide_all(const std::vector<PreparedWrite>& writes,
                                       const std::vector<StoredItem>& now) {
  std::vector<Change> changes;
  std::vector<std::pair<std::string, json>> reasons;
  bool refused = false;
  for (size_t i = 0; i < writes.size(); ++i) {
    const auto decided = decide_write(writes[i], now[i]);
    if (decided) {
      changes.push_back(decided->change);
      reasons.emplace_back("None", json());
      continue;
    }
    refused = true;
    const Fault why = explain(decided.error());
    json more = why.extra.empty() ? json::object() : json::parse(why.extra, nullptr, false);
    more["Message"] = why.message;
    const bool condition = why.type == "ConditionalCheckFailedException";
    reasons.emplace_back(condition ? "ConditionalCheckFailed" : "ValidationError", more);
  }
  if (refused) return canceled(reasons);
  return changes;
}

}  // namespace

rt::Task<Answer> transact_write(Service& service, json request, Nanos until) {
  const json items = request.value("TransactItems", json::array());
  if (!items.is_array() || items.empty() || items.size() > kTransactMax) {
    co_return too_many("Value at 'transactItems'", kTransactMax);
  }
  const auto token = text_field(request, "ClientRequestToken", "");
  if (!token) co_return token.error();
  const auto writes = co_await prepare_all(service, items, until);
  if (!writes) co_return writes.error();
  std::vector<ItemRef> items_named;
  for (const PreparedWrite& write : *writes)
    items_named.push_back(ItemRef{write.table.id, write.key});
  const std::string order = token->empty() ? std::string() : "client-" + *token;
  const std::string digest = wire::to_hex(wire::bytes_of(wire::sha256(items.dump())));
  for (int round = 0; round < kTransactRoundsMax; ++round) {
    if (!order.empty()) {
      const auto before = co_await service.store.carried_out(order, until);
      if (!before) co_return before.error();
      if (*before && **before != digest) {
        co_return fault("IdempotentParameterMismatchException",
                        "This ClientRequestToken belongs to another request");
      }
      if (*before) co_return json::object();
    }
    const auto now = co_await service.store.read(items_named, true, until);
    if (!now) co_return now.error();
    const auto changes = decide_all(*writes, *now);
    if (!changes) co_return changes.error();
    const auto written = co_await service.store.write(*changes, order, until, digest);
    if (!written) co_return written.error();
    if (*written) co_return json::object();
  }
  const std::vector<std::pair<std::string, json>> reasons(writes->size(),
                                                          {"TransactionConflict", json()});
  co_return canceled(reasons);
}

rt::Task<Answer> transact_get(Service& service, json request, Nanos until) {
  const json items = request.value("TransactItems", json::array());
  if (!items.is_array() || items.empty() || items.size() > kTransactMax) {
    co_return too_many("Value at 'transactItems'", kTransactMax);
  }
  std::vector<ItemRef> keys;
  std::vector<std::vector<Path>> paths;
  for (const json& item : items) {
    const json in = item.is_object() ? item.value("Get", json::object()) : json::object();
    const auto name = text_field(in, "TableName", nullptr);
    if (!name) co_return name.error();
    const auto table = co_await service.store.table(*name, until);
    if (!table) co_return table.error();
    auto read = prepare_read(*table, in);
    if (!read) co_return read.error();
    keys.push_back(read->ref);
    paths.push_back(std::move(read->paths));
  }
  const auto found = co_await service.store.read(keys, true, until);
  if (!found) co_return found.error();
  json answer = {{"Responses", json::array()}};
  for (size_t i = 0; i < found->size(); ++i) {
    json one = json::object();
    if (!(*found)[i].item.is_null()) one["Item"] = shown((*found)[i].item, paths[i]);
    answer["Responses"].push_back(std::move(one));
  }
  co_return answer;
}

rt::Task<Answer> batch_get(Service& service, json request, Nanos until) {
  const json tables = request.value("RequestItems", json::object());
  if (!tables.is_object() || tables.empty()) {
    co_return too_many("Value at 'requestItems'", kBatchGetMax);
  }
  json answer = {{"Responses", json::object()}, {"UnprocessedKeys", json::object()}};
  size_t asked = 0, bytes = 0;
  for (auto each = tables.begin(); each != tables.end(); ++each) {
    const std::string name = each.key();
    const json about = each.value();
    const json wanted = about.is_object() ? about.value("Keys", json::array()) : json::array();
    asked += wanted.size();
    if (wanted.empty() || asked > kBatchGetMax) {
      co_return validation("Too many items requested for the BatchGetItem call");
    }
    const auto consistent = flag_field(about, "ConsistentRead");
    if (!consistent) co_return consistent.error();
    const auto table = co_await service.store.table(name, until);
    if (!table) co_return table.error();
    std::vector<ItemRef> keys;
    std::vector<std::pair<std::string, ItemKey>> named;
    std::vector<Path> paths;
    for (const json& key : wanted) {
      json in = about;
      in["Key"] = key;
      auto read = prepare_read(*table, in);
      if (!read) co_return read.error();
      named.emplace_back(table->id, read->ref.key);
      keys.push_back(read->ref);
      paths = read->paths;
    }
    const Status apart = all_apart(named);
    if (!apart) co_return apart.error();
    const auto found = co_await service.store.read(keys, *consistent, until);
    if (!found) co_return found.error();
    answer["Responses"][name] = json::array();
    for (size_t i = 0; i < found->size(); ++i) {
      const Item& item = (*found)[i].item;
      if (item.is_null()) continue;
      bytes += bytes_of_item(item);
      if (bytes > kAnswerBytesMax)
        answer["UnprocessedKeys"][name]["Keys"].push_back(wanted[i]);
      else
        answer["Responses"][name].push_back(shown(item, paths));
    }
  }
  co_return answer;
}

rt::Task<Answer> batch_write(Service& service, json request, Nanos until) {
  const json tables = request.value("RequestItems", json::object());
  size_t asked = 0;
  for (const json& list : tables) asked += list.size();
  if (!tables.is_object() || asked == 0 || asked > kBatchWriteMax) {
    co_return validation(
        "1 validation error detected: Value at 'requestItems' failed to satisfy "
        "constraint: Map value must satisfy constraint: [Member must have length "
        "less than or equal to 25, Member must have length greater than or equal "
        "to 1]");
  }
  std::vector<std::pair<std::string, ItemKey>> named;
  std::vector<std::pair<bool, json>> orders;
  for (auto each = tables.begin(); each != tables.end(); ++each) {
    const std::string name = each.key();
    const json list = each.value();
    const auto table = co_await service.store.table(name, until);
    if (!table) co_return table.error();
    for (const json& one : list) {
      const bool put = one.is_object() && one.contains("PutRequest");
      json in = put ? one["PutRequest"] : one.value("DeleteRequest", json::object());
      const auto write = prepare_write(put ? WriteKind::kPut : WriteKind::kDelete, *table, in);
      if (!write) co_return write.error();
      named.emplace_back(table->id, write->key);
      in["TableName"] = name;
      orders.emplace_back(put, std::move(in));
    }
  }
  const Status apart = all_apart(named);
  if (!apart) co_return apart.error();
  json answer = {{"UnprocessedItems", json::object()}};
  for (const auto& [put, in] : orders) {
    Answer done = json();
    if (put)
      done = co_await put_item(service, in, until);
    else
      done = co_await delete_item(service, in, until);
    if (!done) co_return done.error();
  }
  co_return answer;
}

}  // namespace multiaz::awsapi::dynamodb
