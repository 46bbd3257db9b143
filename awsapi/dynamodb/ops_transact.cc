// Transactions: several items at once, all or none.
#include <nlohmann/json.hpp>
#include <set>

#include "awsapi/dynamodb/capacity.h"
#include "awsapi/dynamodb/fields.h"
#include "awsapi/dynamodb/request.h"
#include "awsapi/dynamodb/service.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/wire/hash.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr size_t kTransactMax = 100;
constexpr size_t kTokenBytesMax = 36;  // bound on a ClientRequestToken
constexpr int kTransactRoundsMax = 8;
constexpr double kTransactFactor = 2;  // because a transaction prepares and then writes

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

// Refuses the same item twice in one request.
Status all_apart(const std::vector<std::pair<std::string, ItemKey>>& keys) {
  std::set<std::pair<std::string, ItemKey>> seen;
  for (const auto& key : keys) {
    if (!seen.insert(key).second)
      return validation("Provided list of item keys contains duplicates");
  }
  return Status();
}

// The reasons are in the order of the items; "None" where an item was not the reason.
Fault canceled(const std::vector<std::pair<std::string, json>>& reasons) {
  json list = json::array();
  std::string codes;
  for (const auto& [code, more] : reasons) {
    json one = more.is_object() ? more : json::object();
    one["Code"] = code;
    list.push_back(std::move(one));
    codes += (codes.empty() ? "" : ", ") + code;
  }
  return fault_with(
      "TransactionCanceledException",
      "Transaction cancelled, please refer cancellation reasons for specific reasons [" + codes +
          "]",
      json{{"CancellationReasons", std::move(list)}});
}

rt::Task<Outcome<std::vector<PreparedWrite>>> prepare_all(Service& service, json items,
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
    const json& in = jsonio::value_in(item, kind->name);
    const Done formed = structure(in, kind->name);
    if (!formed) co_return formed.error();
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

struct Decided {
  std::vector<Change> changes;
  std::vector<double> units;
};
// Decides the effect of each write; TransactionCanceledException when one is not allowed.
Outcome<Decided> decide_all(const std::vector<PreparedWrite>& writes,
                            const std::vector<StoredItem>& now) {
  Decided out;
  std::vector<std::pair<std::string, json>> reasons;
  bool refused = false;
  for (size_t i = 0; i < writes.size(); ++i) {
    const auto decided = decide_write(writes[i], now[i]);
    if (decided) {
      out.changes.push_back(decided->change);
      out.units.push_back(kTransactFactor * write_units(*decided));
      reasons.emplace_back("None", json());
      continue;
    }
    refused = true;
    const Fault& why = decided.error();
    json more = why.extra ? *why.extra : json::object();
    more["Message"] = why.message;
    const bool condition = why.type == "ConditionalCheckFailedException";
    reasons.emplace_back(condition ? "ConditionalCheckFailed" : "ValidationError", more);
  }
  if (refused) return canceled(reasons);
  return out;
}

Outcome<json> transact_items(const json& request) {
  const auto items = list_field(request, "TransactItems");
  if (!items) return items.error();
  if ((*items)->empty() || (*items)->size() > kTransactMax) {
    return too_many("Value at 'transactItems'", kTransactMax);
  }
  return json(**items);
}

Outcome<std::string> order_of(const json& request) {
  const auto token = text_field(request, "ClientRequestToken", "");
  if (!token) return token.error();
  if (token->size() > kTokenBytesMax || token->find('\0') != std::string::npos) {
    return validation(
        "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: "
        "Member must have length less than or equal to 36");
  }
  return token->empty() ? std::string() : "client-" + *token;
}

// The answer for a transaction that was carried out before: only reads are counted, as in AWS.
rt::Task<Answer> told_again(Service& service, const std::vector<PreparedWrite>& writes,
                            std::vector<ItemRef> items, Capacity& capacity, Nanos until) {
  json answer = json::object();
  if (!capacity.wanted()) co_return answer;
  const auto now = co_await service.store.read(std::move(items), true, until);
  if (!now) co_return now.error();
  for (size_t i = 0; i < writes.size(); ++i) {
    const Item& item = (*now)[i].item;
    capacity.read(writes[i].table.name,
                  kTransactFactor * read_units(item.is_null() ? 0 : bytes_of_item(item), true));
  }
  capacity.report_list(answer, true);
  co_return answer;
}

}  // namespace

rt::Task<Answer> transact_write(Service& service, json request, Nanos until) {
  const auto items = transact_items(request);
  if (!items) co_return items.error();
  const auto order = order_of(request);
  if (!order) co_return order.error();
  auto capacity = Capacity::asked_by(request);
  if (!capacity) co_return capacity.error();
  const auto writes = co_await prepare_all(service, *items, until);
  if (!writes) co_return writes.error();
  std::vector<ItemRef> items_named;
  for (const PreparedWrite& write : *writes)
    items_named.push_back(ItemRef{write.table.id, write.key});
  const std::string digest = wire::to_hex(wire::bytes_of(wire::sha256(jsonio::dump(*items))));
  for (int round = 0; round < kTransactRoundsMax; ++round) {
    if (!order->empty()) {
      const auto before = co_await service.store.carried_out(*order, until);
      if (!before) co_return before.error();
      if (*before && **before != digest) {
        co_return fault("IdempotentParameterMismatchException",
                        "This ClientRequestToken belongs to another request");
      }
      if (*before) co_return co_await told_again(service, *writes, items_named, *capacity, until);
    }
    const auto now = co_await service.store.read(items_named, true, until);
    if (!now) co_return now.error();
    const auto decided = decide_all(*writes, *now);
    if (!decided) co_return decided.error();
    const auto written = co_await service.store.write(decided->changes, *order, until, digest);
    if (!written) co_return written.error();
    if (!*written) continue;
    json answer = json::object();
    for (size_t i = 0; i < writes->size(); ++i)
      capacity->write((*writes)[i].table.name, decided->units[i]);
    capacity->report_list(answer, true);
    co_return answer;
  }
  const std::vector<std::pair<std::string, json>> reasons(writes->size(),
                                                          {"TransactionConflict", json()});
  co_return canceled(reasons);
}

rt::Task<Answer> transact_get(Service& service, json request, Nanos until) {
  const auto items = transact_items(request);
  if (!items) co_return items.error();
  auto capacity = Capacity::asked_by(request);
  if (!capacity) co_return capacity.error();
  std::vector<ItemRef> keys;
  std::vector<std::string> names;
  std::vector<std::vector<Path>> paths;
  for (const json& item : *items) {
    const Done formed = structure(item, "TransactItems");
    if (!formed) co_return formed.error();
    const auto in = map_field(item, "Get");
    if (!in) co_return in.error();
    const auto name = text_field(**in, "TableName", nullptr);
    if (!name) co_return name.error();
    const auto table = co_await service.store.table(*name, until);
    if (!table) co_return table.error();
    auto read = prepare_read(*table, **in);
    if (!read) co_return read.error();
    keys.push_back(read->ref);
    names.push_back(table->name);
    paths.push_back(std::move(read->paths));
  }
  const auto found = co_await service.store.read(keys, true, until);
  if (!found) co_return found.error();
  json answer = {{"Responses", json::array()}};
  for (size_t i = 0; i < found->size(); ++i) {
    const Item& stored = (*found)[i].item;
    json one = json::object();
    if (!stored.is_null()) one["Item"] = shown(stored, paths[i]);
    const size_t bytes = stored.is_null() ? 0 : bytes_of_item(stored);
    capacity->read(names[i], kTransactFactor * read_units(bytes, true));
    answer["Responses"].push_back(std::move(one));
  }
  capacity->report_list(answer, true);
  co_return answer;
}

}  // namespace multiaz::awsapi::dynamodb
