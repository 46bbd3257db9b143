// Tables and items in an SQL database (a dbnode group, or PostgreSQL). Every item has a version, a
// random text: a write names the version it saw, so that conditions hold at the moment of the
// write; and after a lost answer it is known by the new version whether it was ours.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "awsapi/dynamodb/tables.h"
#include "base/rt/task.h"
#include "clients/db.h"

namespace multiaz::awsapi::dynamodb {

constexpr uint64_t kTableKnownMs = 1000;  // a table's description may be so old
constexpr size_t kRowsPerRead = 200;      // of a query or scan

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
  explicit Store(clients::Db& db) : db_(db) {}

  rt::Task<Status> ensure_tables(Nanos until);
  // ResourceNotFoundException.
  rt::Task<Result<TableInfo>> table(std::string name, Nanos until);
  rt::Task<Result<std::vector<std::string>>> table_names(Nanos until);
  // False: there is one already.
  rt::Task<Result<bool>> add_table(TableInfo table, Nanos until);
  rt::Task<Status> set_table(TableInfo table, Nanos until);
  rt::Task<Status> drop_table(TableInfo table, Nanos until);
  rt::Task<Result<int64_t>> count_items(TableInfo table, Nanos until);

  // From the primary, or with `consistent` false perhaps from a replica.
  rt::Task<Result<std::vector<StoredItem>>> read(std::vector<ItemRef> keys, bool consistent,
                                                 Nanos until);
  // All of them or none. False: an item is no longer as it was seen. `token` (not "") makes a
  // repetition of the same order do nothing: then true, once it was carried out.
  rt::Task<Result<bool>> write(std::vector<Change> changes, std::string token, Nanos until,
                               std::string digest = "");
  // The digest with which an order of that token was carried out; nothing: it was not.
  rt::Task<Result<std::optional<std::string>>> carried_out(std::string token, Nanos until);
  rt::Task<Result<std::vector<Item>>> read_range(Range range, size_t limit, bool consistent,
                                                 Nanos until);
  // Items whose time is over (`expires` is in the past); how many.
  rt::Task<Result<int64_t>> sweep(Nanos until);

 private:
  rt::Task<Result<clients::RowSets>> look(clients::Batch batch, bool consistent, Nanos until);

  struct Known {
    TableInfo table;
    Nanos at = 0;
  };
  clients::Db& db_;
  std::map<std::string, Known> known_;
};

// Seconds since 1970 at which an item expires by the table's TTL attribute; nothing: never.
std::optional<int64_t> expiry_of(const TableInfo& table, const Item& item);

}  // namespace multiaz::awsapi::dynamodb
