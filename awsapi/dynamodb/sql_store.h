// The store in an SQL database: a dbnode group, or PostgreSQL.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "awsapi/dynamodb/store.h"
#include "clients/db.h"

namespace multiaz::awsapi::dynamodb {

constexpr uint64_t kTableKnownMs = 1000;  // longest time for which a table's description is cached

class SqlStore : public Store {
 public:
  explicit SqlStore(clients::Db& db) : db_(db) {}

  rt::Task<Done> ensure_tables(Nanos until) override;
  rt::Task<Outcome<TableInfo>> table(std::string name, Nanos until) override;
  rt::Task<Outcome<std::vector<std::string>>> table_names(Nanos until) override;
  rt::Task<Outcome<bool>> add_table(TableInfo table, Nanos until) override;
  rt::Task<Done> set_table(TableInfo table, Nanos until) override;
  rt::Task<Done> drop_table(TableInfo table, Nanos until) override;
  rt::Task<Outcome<int64_t>> count_items(TableInfo table, Nanos until) override;

  rt::Task<Outcome<std::vector<StoredItem>>> read(std::vector<ItemRef> keys, bool consistent,
                                                  Nanos until) override;
  rt::Task<Outcome<bool>> write(std::vector<Change> changes, std::string token, Nanos until,
                                std::string digest = "") override;
  rt::Task<Outcome<std::optional<std::string>>> carried_out(std::string token,
                                                            Nanos until) override;
  rt::Task<Outcome<std::vector<Item>>> read_range(Range range, size_t limit, bool consistent,
                                                  Nanos until) override;
  rt::Task<Outcome<int64_t>> sweep(Nanos until) override;

 private:
  rt::Task<Result<clients::RowSets>> look(clients::Batch batch, bool consistent, Nanos until);

  struct Known {
    TableInfo table;
    Nanos at = 0;
  };
  clients::Db& db_;
  std::map<std::string, Known> known_;
};

}  // namespace multiaz::awsapi::dynamodb
