// The durable state of the orchestrator: RUN_DIR/orchestrator.db (SQLite, WAL). A write is synced
// to disk before its call returns. Events survive the end of the process, not that of the machine.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/control/state_store.h"

struct sqlite3;

namespace multiaz::orchestrator {

constexpr int64_t kEventsKeptMax = 50'000;
constexpr uint64_t kEventsTrimEvery = 1000;  // so many more than kEventsKeptMax may be there

class Store : public StateStore {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& path);
  explicit Store(sqlite3* db) : db_(db) {}
  ~Store() override;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  Result<std::string> meta(const std::string& key) override;
  Status set_meta(const std::string& key, const std::string& value) override;

  Result<std::map<std::string, uint64_t>> launches() override;
  Status set_launches(const std::map<std::string, uint64_t>& launches) override;

  Result<std::string> group_state(const std::string& group) override;
  Status set_group_state(const std::string& group, const std::string& state) override;

  // Each event is one JSON text.
  Status add_events(const std::vector<std::pair<uint64_t, std::string>>& events);
  Result<std::vector<std::string>> last_events(size_t count);  // oldest first

  Result<std::map<std::string, uint64_t>> zone_holds() override;
  Status set_zone_holds(const std::map<std::string, uint64_t>& holds) override;
  Result<std::map<std::string, uint64_t>> zone_shifts() override;
  Status set_zone_shifts(const std::map<std::string, uint64_t>& shifts) override;

  Result<std::map<std::string, std::string>> faults() override;
  Status set_faults(const std::map<std::string, std::string>& faults) override;

 private:
  using Row = std::vector<std::string>;
  using Rows = std::vector<Row>;
  Result<Rows> query(const char* sql, const Row& parameters = {});
  Status execute(const char* sql, const Row& parameters = {});
  Status replace_all(const char* clear, const char* insert, const Rows& rows);
  Status trim_events();
  Error last_error(const char* sql);

  sqlite3* db_;
  uint64_t untrimmed_ = 0;  // events since the last trim
};

}  // namespace multiaz::orchestrator
