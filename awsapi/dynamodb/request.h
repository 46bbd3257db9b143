// What operations share: keys and writes of requests, prepared before and decided after the item
// was read. Pure but for the names of fields.
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
  Item item;  // kPut: the whole; else its key attributes
  Update update;
  ConditionPtr condition;  // null = none
  bool tell_old_on_failure = false;
};
// `in` has Item or Key, ConditionExpression, UpdateExpression, ExpressionAttribute...
Outcome<PreparedWrite> prepare_write(WriteKind kind, const TableInfo& table,
                                     const nlohmann::json& in);

struct DecidedWrite {
  Change change;
  Item before, after;  // null = none
  std::set<std::string> touched;
};
// ConditionalCheckFailedException when the condition does not hold for the item as it is now.
Outcome<DecidedWrite> decide_write(const PreparedWrite& write, const StoredItem& now);
double write_units(const DecidedWrite& write);

// Read, decided and written, again and again while others write the same item.
struct Service;
rt::Task<Outcome<DecidedWrite>> carry_out(Service& service, PreparedWrite write, Nanos until);

// A "Key" that names an item of the table.
Outcome<ItemRef> read_key(const TableInfo& table, const nlohmann::json& key);
// ExpressionAttributeNames and -Values.
Outcome<Placeholders> placeholders_of(const nlohmann::json& in);
// ProjectionExpression with its names: the paths to give back; empty = all.
Outcome<std::vector<Path>> read_projection(const nlohmann::json& in);
// GetItem and its relatives: both.
struct PreparedRead {
  ItemRef ref;
  std::vector<Path> paths;
};
Outcome<PreparedRead> prepare_read(const TableInfo& table, const nlohmann::json& in);
Item shown(const Item& item, const std::vector<Path>& paths);

}  // namespace multiaz::awsapi::dynamodb
