// Operations on tables: create, describe, list, delete; time to live.
#include <nlohmann/json.hpp>

#include "awsapi/dynamodb/fault.h"
#include "awsapi/dynamodb/fields.h"
#include "awsapi/dynamodb/service.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr size_t kAttributeNameBytesMax = 255;

rt::Task<Outcome<TableInfo>> named_table(Service& service, json request, Nanos until) {
  const auto name = text_field(request, "TableName", nullptr);
  if (!name) co_return name.error();
  auto table = co_await service.store.table(*name, until);
  co_return table;
}

}  // namespace

rt::Task<Answer> create_table(Service& service, json request, Nanos until) {
  const auto table = table_from_request(request);
  if (!table) co_return table.error();
  const auto added = co_await service.store.add_table(*table, until);
  if (!added) co_return added.error();
  if (!*added) {
    co_return fault("ResourceInUseException", "Table already exists: " + table->name);
  }
  json answer;
  answer["TableDescription"] = describe(*table, "ACTIVE", 0, 0);
  co_return answer;
}

rt::Task<Answer> describe_table(Service& service, json request, Nanos until) {
  const auto table = co_await named_table(service, request, until);
  if (!table) co_return table.error();
  const auto items = co_await service.store.count_items(*table, until);
  if (!items) co_return items.error();
  json answer;
  answer["Table"] = describe(*table, "ACTIVE", *items, 0);
  co_return answer;
}

rt::Task<Answer> delete_table(Service& service, json request, Nanos until) {
  const auto table = co_await named_table(service, request, until);
  if (!table) co_return table.error();
  const Done done = co_await service.store.drop_table(*table, until);
  if (!done) co_return done.error();
  json answer;
  answer["TableDescription"] = describe(*table, "DELETING", 0, 0);
  co_return answer;
}

rt::Task<Answer> list_tables(Service& service, json request, Nanos until) {
  const auto limit = number_field(request, "Limit", 1, 100);
  if (!limit) co_return limit.error();
  const auto start = text_field(request, "ExclusiveStartTableName", "");
  if (!start) co_return start.error();
  const auto names = co_await service.store.table_names(until);
  if (!names) co_return names.error();
  json answer = {{"TableNames", json::array()}};
  for (const std::string& name : *names) {
    if (name <= *start) continue;
    if (answer["TableNames"].size() == static_cast<size_t>(limit->value_or(100))) {
      answer["LastEvaluatedTableName"] = answer["TableNames"].back();
      break;
    }
    answer["TableNames"].push_back(name);
  }
  co_return answer;
}

rt::Task<Answer> update_ttl(Service& service, json request, Nanos until) {
  auto table = co_await named_table(service, request, until);
  if (!table) co_return table.error();
  const auto wanted = map_field(request, "TimeToLiveSpecification");
  if (!wanted) co_return wanted.error();
  const auto name = text_field(**wanted, "AttributeName", nullptr);
  if (!name) co_return name.error();
  if (name->empty() || name->size() > kAttributeNameBytesMax) {
    co_return validation(
        "TimeToLiveSpecification.AttributeName must be between 1 and 255 bytes long");
  }
  const auto on = flag_field(**wanted, "Enabled");
  if (!on) co_return on.error();
  if (*on == !table->ttl_attribute.empty()) {
    co_return validation(std::string("TimeToLive is already ") + (*on ? "enabled" : "disabled"));
  }
  table->ttl_attribute = *on ? *name : "";
  const Done done = co_await service.store.set_table(*table, until);
  if (!done) co_return done.error();
  json answer;
  answer["TimeToLiveSpecification"] = {{"AttributeName", *name}, {"Enabled", *on}};
  co_return answer;
}

rt::Task<Answer> describe_ttl(Service& service, json request, Nanos until) {
  const auto table = co_await named_table(service, request, until);
  if (!table) co_return table.error();
  json about = {{"TimeToLiveStatus", table->ttl_attribute.empty() ? "DISABLED" : "ENABLED"}};
  if (!table->ttl_attribute.empty()) about["AttributeName"] = table->ttl_attribute;
  json answer;
  answer["TimeToLiveDescription"] = about;
  co_return answer;
}

}  // namespace multiaz::awsapi::dynamodb
