#include "awsapi/dynamodb/service.h"

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"

namespace multiaz::awsapi::dynamodb {

namespace {

constexpr size_t kNameShownMax = 100;
// A value nests 32 deep in two kinds of brackets; the request around it adds a few more.
constexpr int kBodyDepthMax = 2 * (static_cast<int>(kNestingMax) + 16);

struct NamedOperation {
  std::string_view name;
  Operation run;
};
constexpr NamedOperation kOperations[] = {
    {"CreateTable", create_table},
    {"DescribeTable", describe_table},
    {"DeleteTable", delete_table},
    {"ListTables", list_tables},
    {"UpdateTimeToLive", update_ttl},
    {"DescribeTimeToLive", describe_ttl},
    {"GetItem", get_item},
    {"PutItem", put_item},
    {"UpdateItem", update_item},
    {"DeleteItem", delete_item},
    {"BatchGetItem", batch_get},
    {"BatchWriteItem", batch_write},
    {"TransactGetItems", transact_get},
    {"TransactWriteItems", transact_write},
    {"Query", query},
    {"Scan", scan},
};

}  // namespace

Operation find_operation(std::string_view name) {
  for (const NamedOperation& one : kOperations) {
    if (one.name == name) return one.run;
  }
  return nullptr;
}

rt::Task<Answer> answer(Service& service, std::string operation, std::string body, Nanos until) {
  const Operation run = find_operation(operation);
  if (!run) {
    co_return fault("UnknownOperationException",
                    "The operation " + operation.substr(0, kNameShownMax) + " is not emulated");
  }
  auto request = jsonio::parse_object(body.empty() ? "{}" : body, kBodyDepthMax);
  if (!request) co_return fault("SerializationException", "The body: " + request.error().detail);
  body.clear();
  co_return co_await run(service, std::move(*request), until);
}

}  // namespace multiaz::awsapi::dynamodb
