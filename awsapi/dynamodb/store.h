// Where tables and items are (sql_store.h; tests have one in memory). Every item has a version, a
// random text: a write names the version it saw, so that conditions hold at the moment of the
// write; and after a lost answer it is known by the new version whether it was ours.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "awsapi/dynamodb/fault.h"
#include "awsapi/dynamodb/tables.h"
#include "base/core/clock.h"
#include "base/rt/task.h"

namespace multiaz::awsapi::dynamodb {

constexpr size_t kRowsPerRead = 200;  // of a query or scan

struct StoredItem {
  Item item;            // null: there is none
  std::string version;  // "" with it
};

struct ItemRef {
  std::string table_id;
  ItemKey key;
};

// One write: `after` null = delete. `before` is the version that was seen ("" = none).
struct Change {
  TableInfo table;
  ItemKey key;
  std::string before;
  Item after;
  std::string version;  // the new one
  bool check = false;   // only: `before` must still be true (a condition of a transaction)
};

// A range of one table in the order of its keys.
struct Range {
  TableInfo table;
  std::string hash;       // "" = all (a scan)
  std::string low, high;  // of the sort key, inclusive; "" = open
  bool low_open = false, high_open = false;
  bool backwards = false;
  std::optional<ItemKey> after;  // exclusive start
};

class Store {
 public:
  virtual ~Store() = default;

  virtual rt::Task<Done> ensure_tables(Nanos until) = 0;
  // ResourceNotFoundException.
  virtual rt::Task<Outcome<TableInfo>> table(std::string name, Nanos until) = 0;
  virtual rt::Task<Outcome<std::vector<std::string>>> table_names(Nanos until) = 0;
  // False: there is one already.
  virtual rt::Task<Outcome<bool>> add_table(TableInfo table, Nanos until) = 0;
  virtual rt::Task<Done> set_table(TableInfo table, Nanos until) = 0;
  virtual rt::Task<Done> drop_table(TableInfo table, Nanos until) = 0;
  virtual rt::Task<Outcome<int64_t>> count_items(TableInfo table, Nanos until) = 0;

  // From the primary, or with `consistent` false perhaps from a replica.
  virtual rt::Task<Outcome<std::vector<StoredItem>>> read(std::vector<ItemRef> keys,
                                                          bool consistent, Nanos until) = 0;
  // All of them or none. False: an item is no longer as it was seen. `token` (not "") makes a
  // repetition of the same order do nothing: then true, once it was carried out.
  virtual rt::Task<Outcome<bool>> write(std::vector<Change> changes, std::string token, Nanos until,
                                        std::string digest = "") = 0;
  // The digest with which an order of that token was carried out; nothing: it was not.
  virtual rt::Task<Outcome<std::optional<std::string>>> carried_out(std::string token,
                                                                    Nanos until) = 0;
  virtual rt::Task<Outcome<std::vector<Item>>> read_range(Range range, size_t limit,
                                                          bool consistent, Nanos until) = 0;
  // Items whose time is over (`expires` is in the past) = 0; how many.
  virtual rt::Task<Outcome<int64_t>> sweep(Nanos until) = 0;
};

// Seconds since 1970 at which an item expires by the table's TTL attribute; nothing: never.
std::optional<int64_t> expiry_of(const TableInfo& table, const Item& item);

}  // namespace multiaz::awsapi::dynamodb
