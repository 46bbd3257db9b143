// HealthProbe: a query that the server sends to itself. It never waits behind the statements of
// clients, however many there are. The database is healthy as long as the query is answered; a
// process that is only alive is not.
#pragma once

#include <memory>
#include <string>

#include "base/core/clock.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "dbnode/database.h"
#include "dbnode/sql_pool.h"
#include "dbnode/store/connection.h"

namespace multiaz::dbnode {

constexpr uint64_t kProbeEveryMs = 1'000;
constexpr uint64_t kProbeLateMs = 3'000;

class HealthProbe {
 public:
  HealthProbe(Database& database, SqlPool& pool) : database_(database), pool_(pool) {}
  // Probes until `stop`, and waits for the query under way.
  rt::Task<void> run(rt::Stop& stop);
  // "healthy", or what is wrong. For the loop's thread only.
  std::string health() const;

 private:
  Status ask();  // runs on a thread of the pool

  Database& database_;
  SqlPool& pool_;
  std::unique_ptr<store::Connection> connection_;
  Nanos asked_ = 0;     // when the query under way began; 0 for none
  std::string failed_;  // error of the last query, or ""
};

}  // namespace multiaz::dbnode
