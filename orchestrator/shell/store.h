// What the orchestrator must not forget: RUN_DIR/orchestrator.db (SQLite, WAL). It is synced
// to disk before a call returns, except for events: those survive the death of the process.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/core/result.h"

struct sqlite3;

namespace multiaz::orchestrator {

constexpr int64_t kEventsKeptMax = 50'000;
constexpr uint64_t kEventsTrimEvery = 1000;  // so many more may be there

class Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& path);
  explicit Store(sqlite3* db) : db_(db) {}
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Small texts by name: "plan", "boot".
  Result<std::string> meta(const std::string& key);  // "" when absent
  Status set_meta(const std::string& key, const std::string& value);

  // Number of the last launch of each instance; written before the process is started.
  Result<std::map<std::string, uint64_t>> launches();
  Status set_launches(const std::map<std::string, uint64_t>& launches);

  // The configuration manager's state of a group.
  Result<std::string> group_state(const std::string& group);  // "" when absent
  Status set_group_state(const std::string& group, const std::string& state);

  // One JSON text an event.
  Status add_events(const std::vector<std::pair<uint64_t, std::string>>& events);
  Result<std::vector<std::string>> last_events(size_t count);  // oldest first

  // Zone -> end of the hold in nanoseconds of CLOCK_MONOTONIC; 0 = until released.
  Result<std::map<std::string, uint64_t>> zone_holds();
  Status set_zone_holds(const std::map<std::string, uint64_t>& holds);
  Result<std::map<std::string, uint64_t>> zone_shifts();  // likewise
  Status set_zone_shifts(const std::map<std::string, uint64_t>& shifts);

  // Fault id -> JSON text.
  Result<std::map<std::string, std::string>> faults();
  Status set_faults(const std::map<std::string, std::string>& faults);

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
