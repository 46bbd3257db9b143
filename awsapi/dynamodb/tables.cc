#include "awsapi/dynamodb/tables.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "awsapi/dynamodb/fault.h"
#include "base/core/clock.h"
#include "base/core/random.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr size_t kHashBytesMax = 2048, kRangeBytesMax = 1024;

std::string text_at(const json& in, const char* key) {
  const auto found = in.find(key);
  return found != in.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Status read_keys(const json& request, TableInfo& out) {
  const json keys = request.value("KeySchema", json::array());
  const json definitions = request.value("AttributeDefinitions", json::array());
  if (!keys.is_array() || keys.empty() || keys.size() > 2) {
    return validation(
        "1 validation error detected: Value at 'keySchema' failed to satisfy "
        "constraint: Member must have length between 1 and 2");
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    KeyPart& part = i == 0 ? out.hash : out.range;
    if (!keys[i].is_object() || text_at(keys[i], "KeyType") != (i == 0 ? "HASH" : "RANGE")) {
      return validation(
          "Invalid KeySchema: The first KeySchemaElement is not a HASH key type, or "
          "the second one not a RANGE key type");
    }
    part.name = text_at(keys[i], "AttributeName");
    for (const json& one : definitions) {
      if (one.is_object() && text_at(one, "AttributeName") == part.name)
        part.type = text_at(one, "AttributeType");
    }
    if (part.name.empty() || (part.type != "S" && part.type != "N" && part.type != "B")) {
      return validation(
          "One or more parameter values were invalid: Some index key attributes are "
          "not defined in AttributeDefinitions. Keys: [" +
          part.name + "]");
    }
  }
  if (out.hash.name == out.range.name) {
    return validation(
        "Both the Hash Key and the Range Key element in the KeySchema have the same "
        "name");
  }
  if (definitions.size() != keys.size()) {
    return validation(
        "One or more parameter values were invalid: Number of attributes in "
        "KeySchema does not exactly match number of attributes defined in "
        "AttributeDefinitions");
  }
  return Status();
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

Result<TableInfo> table_from_request(const json& request) {
  TableInfo out;
  out.name = text_at(request, "TableName");
  Status good = check_table_name(out.name);
  if (!good) return good.error();
  for (const char* index : {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"}) {
    if (request.contains(index))
      return validation(std::string(index) + ": secondary indexes are not emulated");
  }
  good = read_keys(request, out);
  if (!good) return good.error();
  const std::string billing = text_at(request, "BillingMode");
  out.billing = billing.empty() ? "PROVISIONED" : billing;
  const json units = request.value("ProvisionedThroughput", json());
  if (out.billing == "PROVISIONED") {
    if (!units.is_object()) {
      return validation(
          "One or more parameter values were invalid: ReadCapacityUnits and "
          "WriteCapacityUnits must both be specified when BillingMode is "
          "PROVISIONED");
    }
    out.read_units = units.value("ReadCapacityUnits", int64_t{0});
    out.write_units = units.value("WriteCapacityUnits", int64_t{0});
  } else if (out.billing != "PAY_PER_REQUEST") {
    return validation("BillingMode must be PROVISIONED or PAY_PER_REQUEST, not " + out.billing);
  }
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
  return out.dump();
}

Result<TableInfo> table_from_json(const std::string& text) {
  const json in = json::parse(text, nullptr, false);
  TableInfo out;
  try {
    in.at("id").get_to(out.id);
    in.at("name").get_to(out.name);
    in.at("hash").at(0).get_to(out.hash.name);
    in.at("hash").at(1).get_to(out.hash.type);
    in.at("range").at(0).get_to(out.range.name);
    in.at("range").at(1).get_to(out.range.type);
    in.at("billing").get_to(out.billing);
    in.at("units").at(0).get_to(out.read_units);
    in.at("units").at(1).get_to(out.write_units);
    in.at("created_ms").get_to(out.created_ms);
    in.at("ttl").get_to(out.ttl_attribute);
    return out;
  } catch (const json::exception& wrong) {
    return Error(Code::kCorrupt, std::string("a table's description: ") + wrong.what());
  }
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
  Item out = {{table.hash.name, item.at(table.hash.name)}};
  if (!table.range.name.empty()) out[table.range.name] = item.at(table.range.name);
  return out;
}

}  // namespace multiaz::awsapi::dynamodb
