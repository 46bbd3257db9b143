// Tables: what CreateTable says, checked, and what DescribeTable gives back.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "awsapi/dynamodb/fault.h"
#include "awsapi/dynamodb/value.h"

namespace multiaz::awsapi::dynamodb {

struct KeyPart {
  std::string name;  // "" = the table has none (a sort key)
  std::string type;  // "S" "N" "B"
};

struct TableInfo {
  std::string id;  // of this life: a table that is made again is another one
  std::string name;
  KeyPart hash, range;
  std::string billing = "PAY_PER_REQUEST";
  int64_t read_units = 0, write_units = 0;  // PROVISIONED
  int64_t created_ms = 0;
  std::string ttl_attribute;  // "" = off
};

Status check_table_name(const std::string& name);
// The body of CreateTable. kInvalid with AWS's words.
Outcome<TableInfo> table_from_request(const nlohmann::json& request);
nlohmann::json describe(const TableInfo& table, const std::string& status, int64_t items,
                        int64_t bytes);
std::string table_to_json(const TableInfo& table);
Result<TableInfo> table_from_json(const std::string& text);

struct ItemKey {
  std::string hash, range;  // key_text of each; range "" = none
  auto operator<=>(const ItemKey&) const = default;
};
// Of a whole item: its key attributes must be there and of the right type. Of a "Key": nothing
// else may be there.
Result<ItemKey> key_of_item(const TableInfo& table, const Item& item);
Result<ItemKey> key_of_key(const TableInfo& table, const Item& key);
// The key attributes of an item.
Item key_attributes(const TableInfo& table, const Item& item);

}  // namespace multiaz::awsapi::dynamodb
