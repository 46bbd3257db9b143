// What operations share: fields of requests, and writes that are prepared before and decided after
// the item was read. Pure but for the names of fields.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "awsapi/dynamodb/evaluate.h"
#include "awsapi/dynamodb/store.h"

namespace multiaz::awsapi::dynamodb {

// kInvalid names the field.
Result<std::string> text_field(const nlohmann::json& in, const char* name, const char* fallback);
Result<bool> flag_field(const nlohmann::json& in, const char* name);
// nullopt = absent. kInvalid unless it lies within [low, high].
Result<std::optional<int64_t>> number_field(const nlohmann::json& in, const char* name, int64_t low,
                                            int64_t high);

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
Result<PreparedWrite> prepare_write(WriteKind kind, const TableInfo& table,
                                    const nlohmann::json& in);

struct DecidedWrite {
  Change change;
  Item before, after;  // null = none
  std::set<std::string> touched;
};
// ConditionalCheckFailedException when the condition does not hold for the item as it is now.
Result<DecidedWrite> decide_write(const PreparedWrite& write, const StoredItem& now);

// Both the key and (with a projection) the paths to give back. GetItem and its relatives.
struct PreparedRead {
  ItemRef ref;
  std::vector<Path> paths;  // empty = all
};
Result<PreparedRead> prepare_read(const TableInfo& table, const nlohmann::json& in);
Item shown(const Item& item, const std::vector<Path>& paths);

// {"ConsumedCapacity": ..} as it was asked for.
void add_capacity(const nlohmann::json& request, const std::string& table, double units,
                  nlohmann::json& answer);
double read_units(size_t bytes, bool consistent);
double write_units(size_t bytes);

}  // namespace multiaz::awsapi::dynamodb
