// HealthProbe: a query that the server asks itself, on the threads that clients' statements get.
// As long as it is answered the database is; a process that is only alive is not healthy.
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
  // Asks until `stop`; the query under way is waited for.
  rt::Task<void> run(rt::Stop& stop);
  // "healthy", or what is wrong. Loop thread.
  std::string health() const;

 private:
  Status ask();  // on a thread of the pool

  Database& database_;
  SqlPool& pool_;
  std::unique_ptr<store::Connection> connection_;
  Nanos asked_ = 0;     // 0 = no query is under way
  std::string failed_;  // the last one
};

}  // namespace multiaz::dbnode
