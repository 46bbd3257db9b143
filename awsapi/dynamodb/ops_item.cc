// Operations on one item: get, put, update, delete.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "awsapi/dynamodb/capacity.h"
#include "awsapi/dynamodb/fields.h"
#include "awsapi/dynamodb/request.h"
#include "awsapi/dynamodb/service.h"
#include "base/core/jsonio.h"
#include "base/core/random.h"
#include "base/rt/sync.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

// longest pause between two attempts when other requests write the same item
constexpr uint64_t kMeetMsMax = 16;

Item only_touched(const Item& item, const std::set<std::string>& names) {
  Item out = Item::object();
  for (const std::string& name : names) {
    if (const json* value = jsonio::find(item, name)) out[name] = *value;
  }
  return out;
}

json returned(const std::string& wanted, const DecidedWrite& done) {
  json out = json::object();
  Item item;
  if (wanted == "ALL_OLD") item = done.before;
  if (wanted == "ALL_NEW") item = done.after;
  if (wanted == "UPDATED_OLD") item = only_touched(done.before, done.touched);
  if (wanted == "UPDATED_NEW") item = only_touched(done.after, done.touched);
  if (!item.is_null() && !item.empty()) out["Attributes"] = item;
  return out;
}

Done check_return_values(WriteKind kind, const std::string& wanted) {
  if (kind == WriteKind::kUpdate || wanted == "NONE" || wanted == "ALL_OLD") return Done();
  return validation("ReturnValues can only be ALL_OLD or NONE");
}

rt::Task<Answer> write_one(Service& service, WriteKind kind, json request, Nanos until) {
  const auto name = text_field(request, "TableName", nullptr);
  if (!name) co_return name.error();
  const auto wanted = word_field(request, "ReturnValues", "NONE",
                                 {"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"});
  if (!wanted) co_return wanted.error();
  auto capacity = Capacity::asked_by(request);
  if (!capacity) co_return capacity.error();
  const Done allowed = check_return_values(kind, *wanted);
  if (!allowed) co_return allowed.error();
  const auto table = co_await service.store.table(*name, until);
  if (!table) co_return table.error();
  auto write = prepare_write(kind, *table, request);
  if (!write) co_return write.error();
  const auto done = co_await carry_out(service, std::move(*write), until);
  if (!done) co_return done.error();
  json answer = returned(*wanted, *done);
  capacity->write(*name, write_units(*done));
  capacity->report_one(answer);
  co_return answer;
}

}  // namespace

rt::Task<Outcome<DecidedWrite>> carry_out(Service& service, PreparedWrite write, Nanos until) {
  const std::vector<ItemRef> keys(1, ItemRef{write.table.id, write.key});
  Random random(secret_u64());
  for (uint64_t patience_ms = 1; monotonic_now() < until;
       patience_ms = std::min(patience_ms * 2, kMeetMsMax)) {
    const auto now = co_await service.store.read(keys, true, until);
    if (!now) co_return now.error();
    auto decided = decide_write(write, now->front());
    if (!decided) co_return decided.error();
    const bool nothing = decided->before.is_null() && decided->after.is_null();
    bool done = nothing;
    if (!nothing) {
      const std::vector<Change> changes(1, decided->change);
      const auto written = co_await service.store.write(changes, "", until);
      if (!written) co_return written.error();
      done = *written;
    }
    if (done) co_return std::move(*decided);
    co_await rt::sleep_ms(random.below(patience_ms + 1));
  }
  co_return fault("TransactionConflictException",
                  "Transaction is ongoing for the item: other requests keep changing it");
}

rt::Task<Answer> get_item(Service& service, json request, Nanos until) {
  const auto name = text_field(request, "TableName", nullptr);
  if (!name) co_return name.error();
  const auto consistent = flag_field(request, "ConsistentRead");
  if (!consistent) co_return consistent.error();
  auto capacity = Capacity::asked_by(request);
  if (!capacity) co_return capacity.error();
  const auto table = co_await service.store.table(*name, until);
  if (!table) co_return table.error();
  const auto read = prepare_read(*table, request);
  if (!read) co_return read.error();
  const std::vector<ItemRef> keys(1, read->ref);
  const auto found = co_await service.store.read(keys, *consistent, until);
  if (!found) co_return found.error();
  json answer = json::object();
  const Item& item = found->front().item;
  if (!item.is_null()) answer["Item"] = shown(item, read->paths);
  const size_t bytes = item.is_null() ? 0 : bytes_of_item(item);
  capacity->read(*name, read_units(bytes, *consistent));
  capacity->report_one(answer);
  co_return answer;
}

rt::Task<Answer> put_item(Service& service, json request, Nanos until) {
  Answer answer = co_await write_one(service, WriteKind::kPut, request, until);
  co_return answer;
}

rt::Task<Answer> update_item(Service& service, json request, Nanos until) {
  Answer answer = co_await write_one(service, WriteKind::kUpdate, request, until);
  co_return answer;
}

rt::Task<Answer> delete_item(Service& service, json request, Nanos until) {
  Answer answer = co_await write_one(service, WriteKind::kDelete, request, until);
  co_return answer;
}

}  // namespace multiaz::awsapi::dynamodb
