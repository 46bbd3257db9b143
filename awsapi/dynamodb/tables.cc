#include "awsapi/dynamodb/tables.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "awsapi/dynamodb/fields.h"
#include "base/core/clock.h"
#include "base/core/jsonio.h"
#include "base/core/random.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr size_t kHashBytesMax = 2048, kRangeBytesMax = 1024;
constexpr int64_t kUnitsMax = 1'000'000'000;

// A type that is not listed is refused together with the key that uses it.
bool is_key_type(const std::string& type) {
  return type == "S" || type == "N" || type == "B";
}

Done read_key_part(const json& element, const json& definitions, const char* wanted,
                   KeyPart& part) {
  Done formed = structure(element, "KeySchema");
  if (!formed) return formed;
  const auto kind = word_field(element, "KeyType", nullptr, {"HASH", "RANGE"});
  if (!kind) return kind.error();
  if (*kind != wanted) {
    return validation(
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type, or "
        "the second one not a RANGE key type");
  }
  const auto name = text_field(element, "AttributeName", nullptr);
  if (!name) return name.error();
  part.name = *name;
  for (const json& one : definitions) {
    formed = structure(one, "AttributeDefinitions");
    if (!formed) return formed;
    const auto defined = text_field(one, "AttributeName", nullptr);
    if (!defined) return defined.error();
    const auto type = word_field(one, "AttributeType", nullptr, {"B", "N", "S"});
    if (!type) return type.error();
    if (*defined == part.name) part.type = *type;
  }
  if (!part.name.empty() && is_key_type(part.type)) return Done();
  return validation(
      "One or more parameter values were invalid: Some index key attributes are "
      "not defined in AttributeDefinitions. Keys: [" +
      part.name + "]");
}

Done read_keys(const json& request, TableInfo& out) {
  const auto keys = list_field(request, "KeySchema");
  if (!keys) return keys.error();
  const auto definitions = list_field(request, "AttributeDefinitions");
  if (!definitions) return definitions.error();
  if ((*keys)->empty() || (*keys)->size() > 2) {
    return validation(
        "1 validation error detected: Value at 'keySchema' failed to satisfy "
        "constraint: Member must have length between 1 and 2");
  }
  for (size_t i = 0; i < (*keys)->size(); ++i) {
    const Done good = read_key_part((**keys)[i], **definitions, i == 0 ? "HASH" : "RANGE",
                                    i == 0 ? out.hash : out.range);
    if (!good) return good;
  }
  if (out.hash.name == out.range.name) {
    return validation(
        "Both the Hash Key and the Range Key element in the KeySchema have the same "
        "name");
  }
  if ((*definitions)->size() != (*keys)->size()) {
    return validation(
        "One or more parameter values were invalid: Number of attributes in "
        "KeySchema does not exactly match number of attributes defined in "
        "AttributeDefinitions");
  }
  return Done();
}

Done read_billing(const json& request, TableInfo& out) {
  const auto billing =
      word_field(request, "BillingMode", "PROVISIONED", {"PROVISIONED", "PAY_PER_REQUEST"});
  if (!billing) return billing.error();
  const auto units = map_field(request, "ProvisionedThroughput");
  if (!units) return units.error();
  const auto reads = number_field(**units, "ReadCapacityUnits", 1, kUnitsMax);
  if (!reads) return reads.error();
  const auto writes = number_field(**units, "WriteCapacityUnits", 1, kUnitsMax);
  if (!writes) return writes.error();
  out.billing = *billing;
  if (out.billing != "PROVISIONED") return Done();
  if (!*reads || !*writes) {
    return validation(
        "One or more parameter values were invalid: ReadCapacityUnits and "
        "WriteCapacityUnits must both be specified when BillingMode is "
        "PROVISIONED");
  }
  out.read_units = **reads;
  out.write_units = **writes;
  return Done();
}

Result<std::string> part_of(const KeyPart& part, const Item& item, size_t bytes_max) {
  const auto found = item.find(part.name);
  if (found == item.end()) {
    return validation("One or more parameter values were invalid: Missing the key " + part.name +
                      " in the item");
  }
  if (type_of(*found) != part.type) {
    return validation("One or more parameter values were invalid: Type mismatch for key " +
                      part.name + " expected: " + part.type +
                      " actual: " + std::string(type_of(*found)));
  }
  auto text = key_text(*found);
  if (!text) return text;
  if (text->empty()) {
    return validation(
        "One or more parameter values are not valid. The AttributeValue for a key "
        "attribute cannot contain an empty string value. Key: " +
        part.name);
  }
  if (text->size() / 2 > bytes_max) {
    return validation("One or more parameter values were invalid: Size of the key " + part.name +
                      " has exceeded the maximum size limit of " + std::to_string(bytes_max) +
                      " bytes");
  }
  return text;
}

}  // namespace

Status check_table_name(const std::string& name) {
  const bool good =
      name.size() >= 3 && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
      });
  if (good) return Status();
  return validation(
      "TableName must be at least 3 characters long and at most 255 characters long, "
      "of a-z, A-Z, 0-9, '_', '-' and '.': " +
      name);
}

Outcome<TableInfo> table_from_request(const json& request) {
  TableInfo out;
  const auto name = text_field(request, "TableName", nullptr);
  if (!name) return name.error();
  out.name = *name;
  Done good = check_table_name(out.name);
  if (!good) return good.error();
  for (const char* index : {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"}) {
    if (jsonio::find(request, index))
      return validation(std::string(index) + ": secondary indexes are not emulated");
  }
  good = read_keys(request, out);
  if (good) good = read_billing(request, out);
  if (!good) return good.error();
  out.id = secret_hex(8);
  out.created_ms = wall_now_ms();
  return out;
}

json describe(const TableInfo& table, const std::string& status, int64_t items, int64_t bytes) {
  json out = {{"TableName", table.name},
              {"TableStatus", status},
              {"TableId", table.id},
              {"TableArn", "arn:aws:dynamodb:us-east-1:000000000000:table/" + table.name},
              {"CreationDateTime", static_cast<double>(table.created_ms) / 1000},
              {"ItemCount", items},
              {"TableSizeBytes", bytes},
              {"ProvisionedThroughput",
               {{"ReadCapacityUnits", table.read_units},
                {"WriteCapacityUnits", table.write_units},
                {"NumberOfDecreasesToday", 0}}}};
  out["KeySchema"] = json::array();
  out["AttributeDefinitions"] = json::array();
  for (const KeyPart* part : {&table.hash, &table.range}) {
    if (part->name.empty()) continue;
    out["KeySchema"].push_back(
        {{"AttributeName", part->name}, {"KeyType", part == &table.hash ? "HASH" : "RANGE"}});
    out["AttributeDefinitions"].push_back(
        {{"AttributeName", part->name}, {"AttributeType", part->type}});
  }
  if (table.billing == "PAY_PER_REQUEST")
    out["BillingModeSummary"] = {{"BillingMode", "PAY_PER_REQUEST"}};
  return out;
}

std::string table_to_json(const TableInfo& t) {
  const json out = {{"id", t.id},
                    {"name", t.name},
                    {"hash", {t.hash.name, t.hash.type}},
                    {"range", {t.range.name, t.range.type}},
                    {"billing", t.billing},
                    {"units", {t.read_units, t.write_units}},
                    {"created_ms", t.created_ms},
                    {"ttl", t.ttl_attribute}};
  return jsonio::dump(out);
}

Result<TableInfo> table_from_json(const std::string& text) {
  const auto in = jsonio::parse_object(text);
  if (!in) return Error(Code::kCorrupt, "a table's description: " + in.error().detail);
  TableInfo out;
  const std::pair<const char*, std::string*> texts[] = {
      {"id", &out.id}, {"name", &out.name}, {"billing", &out.billing}, {"ttl", &out.ttl_attribute}};
  for (const auto& [key, to] : texts) {
    const auto value = jsonio::text(*in, key);
    if (!value) return Error(Code::kCorrupt, "a table's description: " + value.error().detail);
    *to = *value;
  }
  const std::pair<const char*, KeyPart*> parts[] = {{"hash", &out.hash}, {"range", &out.range}};
  for (const auto& [key, to] : parts) {
    const auto pair = jsonio::array(*in, key);
    if (!pair || (*pair)->size() != 2) {
      return Error(Code::kCorrupt, std::string("a table's description: bad ") + key);
    }
    to->name = jsonio::text_or_empty((**pair)[0]);
    to->type = jsonio::text_or_empty((**pair)[1]);
  }
  const auto units = jsonio::array(*in, "units");
  const auto created = jsonio::integer(*in, "created_ms", 0, INT64_MAX);
  if (!units || (*units)->size() != 2 || !created) {
    return Error(Code::kCorrupt, "a table's description: bad units or created_ms");
  }
  const json both = {{"read", (**units)[0]}, {"write", (**units)[1]}};
  const auto read = jsonio::integer(both, "read", 0, INT64_MAX);
  const auto write = jsonio::integer(both, "write", 0, INT64_MAX);
  if (!read || !write) return Error(Code::kCorrupt, "a table's description: bad units");
  out.read_units = *read;
  out.write_units = *write;
  out.created_ms = *created;
  return out;
}

Result<ItemKey> key_of_item(const TableInfo& table, const Item& item) {
  ItemKey out;
  auto hash = part_of(table.hash, item, kHashBytesMax);
  if (!hash) return hash.error();
  out.hash = std::move(*hash);
  if (table.range.name.empty()) return out;
  auto range = part_of(table.range, item, kRangeBytesMax);
  if (!range) return range.error();
  out.range = std::move(*range);
  return out;
}

Result<ItemKey> key_of_key(const TableInfo& table, const Item& key) {
  const size_t wanted = table.range.name.empty() ? 1 : 2;
  if (!key.is_object() || key.size() != wanted || !key.contains(table.hash.name)) {
    return validation("The provided key element does not match the schema");
  }
  return key_of_item(table, key);
}

Item key_attributes(const TableInfo& table, const Item& item) {
  Item out = Item::object();
  for (const KeyPart* part : {&table.hash, &table.range}) {
    const Value* value = part->name.empty() ? nullptr : jsonio::find(item, part->name);
    if (value) out[part->name] = *value;
  }
  return out;
}

}  // namespace multiaz::awsapi::dynamodb
