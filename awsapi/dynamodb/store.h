// The store of tables and items (sql_store.h; tests have one in memory). Every item has a version,
// a random text. A write names the version that it read, so conditions hold at the moment of the
// write; and after a lost answer the new version tells whether the write was ours.
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

constexpr size_t kRowsPerRead = 200;  // rows of a query or scan that are read at once

struct StoredItem {
  Item item;  // null when it does not exist
  std::string version;  // "" when it does not exist
};

struct ItemRef {
  std::string table_id;
  ItemKey key;
};

// One write: `after` null deletes. `before` is the version that was read ("" for none).
struct Change {
  TableInfo table;
  ItemKey key;
  std::string before;
  Item after;
  std::string version;  // the new version
  bool check = false;  // writes nothing; `before` must still be true (a condition of a transaction)
};

// A range of one table in the order of its keys.
struct Range {
  TableInfo table;
  std::string hash;  // "" for all (a scan)
  std::string low, high;  // bounds of the sort key, inclusive; "" for none
  bool low_open = false, high_open = false;
  bool backwards = false;
  std::optional<ItemKey> after;  // exclusive start
};

class Store {
 public:
  virtual ~Store() = default;

  virtual rt::Task<Done> ensure_tables(Nanos until) = 0;
  // ResourceNotFoundException when there is none.
  virtual rt::Task<Outcome<TableInfo>> table(std::string name, Nanos until) = 0;
  virtual rt::Task<Outcome<std::vector<std::string>>> table_names(Nanos until) = 0;
  // False when it exists already.
  virtual rt::Task<Outcome<bool>> add_table(TableInfo table, Nanos until) = 0;
  virtual rt::Task<Done> set_table(TableInfo table, Nanos until) = 0;
  virtual rt::Task<Done> drop_table(TableInfo table, Nanos until) = 0;
  virtual rt::Task<Outcome<int64_t>> count_items(TableInfo table, Nanos until) = 0;

  // Reads from the primary, or with `consistent` false perhaps from a replica.
  virtual rt::Task<Outcome<std::vector<StoredItem>>> read(std::vector<ItemRef> keys,
                                                          bool consistent, Nanos until) = 0;
  // Carries out all changes or none. False when an item is no longer as it was read. With a
  // `token`, a repetition of the same request does nothing and returns true once it was carried
  // out.
  virtual rt::Task<Outcome<bool>> write(std::vector<Change> changes, std::string token, Nanos until,
                                        std::string digest = "") = 0;
  // The digest of the request that was carried out with that token; nullopt when there was none.
  virtual rt::Task<Outcome<std::optional<std::string>>> carried_out(std::string token,
                                                                    Nanos until) = 0;
  virtual rt::Task<Outcome<std::vector<Item>>> read_range(Range range, size_t limit,
                                                          bool consistent, Nanos until) = 0;
  // Removes items that have expired (`expires` is in the past); returns how many.
  virtual rt::Task<Outcome<int64_t>> sweep(Nanos until) = 0;
};

// Seconds since 1970 at which an item expires by the table's TTL attribute; nullopt for never.
std::optional<int64_t> expiry_of(const TableInfo& table, const Item& item);

}  // namespace multiaz::awsapi::dynamodb
