// Tables: CreateTable's request, checked, and DescribeTable's answer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "awsapi/dynamodb/fault.h"
#include "awsapi/dynamodb/value.h"

namespace multiaz::awsapi::dynamodb {

struct KeyPart {
  std::string name;  // "" when the table has none (a sort key)
  std::string type;  // "S" "N" "B"
};

struct TableInfo {
  std::string id;  // of this table: one that is created again has another id
  std::string name;
  KeyPart hash, range;
  std::string billing = "PAY_PER_REQUEST";
  int64_t read_units = 0, write_units = 0;  // for PROVISIONED
  int64_t created_ms = 0;
  std::string ttl_attribute;  // "" when time to live is off
};

Status check_table_name(const std::string& name);
// Reads the body of CreateTable. kInvalid in AWS's words.
Outcome<TableInfo> table_from_request(const nlohmann::json& request);
nlohmann::json describe(const TableInfo& table, const std::string& status, int64_t items,
                        int64_t bytes);
std::string table_to_json(const TableInfo& table);
Result<TableInfo> table_from_json(const std::string& text);

struct ItemKey {
  std::string hash, range;  // key_text of each; range is "" for none
  auto operator<=>(const ItemKey&) const = default;
};
// Reads the key of a whole item, which must have its key attributes in the right type, or a "Key",
// which must have no other attribute.
Result<ItemKey> key_of_item(const TableInfo& table, const Item& item);
Result<ItemKey> key_of_key(const TableInfo& table, const Item& key);
// The key attributes of an item.
Item key_attributes(const TableInfo& table, const Item& item);

}  // namespace multiaz::awsapi::dynamodb
