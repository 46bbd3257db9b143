// The common parts of operations: keys and writes of requests, which are prepared before an item is
// read and decided after it. Pure except for the names of fields.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "awsapi/dynamodb/evaluate.h"
#include "awsapi/dynamodb/fault.h"
#include "awsapi/dynamodb/store.h"

namespace multiaz::awsapi::dynamodb {

enum class WriteKind { kPut, kUpdate, kDelete, kCheck };

struct PreparedWrite {
  WriteKind kind = WriteKind::kPut;
  TableInfo table;
  ItemKey key;
  Item item;  // for kPut the whole item, else its key attributes
  Update update;
  ConditionPtr condition;  // null for none
  bool tell_old_on_failure = false;
};
// `in` has Item or Key, ConditionExpression, UpdateExpression, ExpressionAttribute...
Outcome<PreparedWrite> prepare_write(WriteKind kind, const TableInfo& table,
                                     const nlohmann::json& in);

struct DecidedWrite {
  Change change;
  Item before, after;  // null for none
  std::set<std::string> touched;
};
// ConditionalCheckFailedException when the condition does not hold for the item as it is now.
Outcome<DecidedWrite> decide_write(const PreparedWrite& write, const StoredItem& now);
double write_units(const DecidedWrite& write);

// Reads, decides and writes, and repeats that while other requests write the same item.
struct Service;
rt::Task<Outcome<DecidedWrite>> carry_out(Service& service, PreparedWrite write, Nanos until);

// Reads a "Key" that names an item of the table.
Outcome<ItemRef> read_key(const TableInfo& table, const nlohmann::json& key);
// Reads ExpressionAttributeNames and ExpressionAttributeValues.
Outcome<Placeholders> placeholders_of(const nlohmann::json& in);
// Reads ProjectionExpression with its names: the paths to return; empty for all.
Outcome<std::vector<Path>> read_projection(const nlohmann::json& in);
// Key and projection of GetItem and its relatives.
struct PreparedRead {
  ItemRef ref;
  std::vector<Path> paths;
};
Outcome<PreparedRead> prepare_read(const TableInfo& table, const nlohmann::json& in);
Item shown(const Item& item, const std::vector<Path>& paths);

}  // namespace multiaz::awsapi::dynamodb
