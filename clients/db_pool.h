// DbPool: a few connections to one database endpoint and the jobs that wait for them.
//
// Every job must be safe to execute twice (unique keys make it so), so the pool itself carries jobs
// over a failover: a job whose connection is lost is put back and runs again until its deadline.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/task.h"
#include "clients/breaker.h"
#include "clients/pg_conn.h"

namespace multiaz::clients {

constexpr size_t kDbJobsMax = 512;  // jobs waiting in one pool
constexpr uint64_t kDbSweepMs = 20;
constexpr uint64_t kDbBackoffFirstMs = 20;
constexpr uint64_t kDbBackoffMaxMs = 50;

struct DbPoolConfig {
  std::string name;  // such as "database", for messages
  PgTarget target;
  size_t connections_max = 3;
  uint64_t connect_ms = 1000;
  uint64_t command_ms = 1000;
  uint64_t breaker_ms = 3500;  // after so long without any answer jobs fail at once (breaker.h)
};

struct DbStats {
  uint64_t batches = 0, connects = 0, losses = 0, resent = 0, expired = 0;
  uint64_t refused = 0;  // refused by the circuit breaker
};

class DbPool {
 public:
  explicit DbPool(DbPoolConfig config);
  ~DbPool();  // REQUIRES: the nursery of start() has been joined

  // Spawns the connections; they end when the nursery is stopped.
  void start(rt::Nursery& nursery);
  // kConflict: unique violation. kLimit: check violation. kNotFound: no such table. kUnavailable:
  // definitely not executed, at once when the circuit is open. kTimeout: in doubt. kInternal: any
  // other refusal, logged.
  rt::Task<Result<RowSets>> execute(Batch batch, bool transaction, Nanos until);
  // Drops all connections because the primary has changed.
  void drop();
  // Whether a connection is up, or the last attempt reached the server.
  [[nodiscard]] bool healthy() const { return healthy_; }
  [[nodiscard]] const DbStats& stats() const { return stats_; }
  [[nodiscard]] bool circuit_open() const { return breaker_.open(monotonic_now()); }

 private:
  struct Job;
  struct Worker {
    explicit Worker(const PgTarget& target) : conn(target) {}
    PgConn conn;
    rt::Wait wait;
    bool idle = false;
    uint64_t backoff_ms = kDbBackoffFirstMs;
  };
  rt::Task<void> work(size_t index, rt::Stop& stop);
  rt::Task<bool> connected(Worker& worker, rt::Stop& stop);
  rt::Task<void> serve_one(Worker& worker, rt::Stop& stop);
  rt::Task<void> rest(Worker& worker, rt::Stop& stop);
  [[nodiscard]] bool any_up() const;
  void wake_one();
  void watch_deadlines();
  void sweep();
  void finish(Job& job, Result<RowSets> result);
  static Error expiry_error(const Job& job);

  DbPoolConfig config_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::deque<Job*> queue_;
  rt::Timer sweeper_;
  Breaker breaker_;
  RetryBudget retries_;
  bool healthy_ = false, stopped_ = false;
  DbStats stats_;
};

}  // namespace multiaz::clients
