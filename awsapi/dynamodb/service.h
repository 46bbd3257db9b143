// DynamoDB (API version 2012-08-10) as far as sessions and the course need it: one function for
// each operation, listed in the table of service.cc. Facts come from the developer guide's
// low-level API.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "awsapi/dynamodb/store.h"

namespace multiaz::awsapi::dynamodb {

struct Service {
  Store& store;
};

using Answer = Outcome<nlohmann::json>;
using Operation = rt::Task<Answer> (*)(Service&, nlohmann::json request, Nanos until);

// nullptr when this server has no such operation.
Operation find_operation(std::string_view name);

// Handles a whole request: finds the operation, reads the body, answers.
rt::Task<Answer> answer(Service&, std::string operation, std::string body, Nanos until);

// --- one file for each subject; the first is ops_table.cc
rt::Task<Answer> create_table(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> describe_table(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> delete_table(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> list_tables(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> update_ttl(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> describe_ttl(Service&, nlohmann::json request, Nanos until);
// ops_item.cc
rt::Task<Answer> get_item(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> put_item(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> update_item(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> delete_item(Service&, nlohmann::json request, Nanos until);
// ops_batch.cc
rt::Task<Answer> batch_get(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> batch_write(Service&, nlohmann::json request, Nanos until);
// ops_transact.cc
rt::Task<Answer> transact_get(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> transact_write(Service&, nlohmann::json request, Nanos until);
// ops_range.cc
rt::Task<Answer> query(Service&, nlohmann::json request, Nanos until);
rt::Task<Answer> scan(Service&, nlohmann::json request, Nanos until);

}  // namespace multiaz::awsapi::dynamodb
