#include "awsapi/dynamodb/service.h"

#include <nlohmann/json.hpp>

namespace multiaz::awsapi::dynamodb {

namespace {

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

}  // namespace multiaz::awsapi::dynamodb
