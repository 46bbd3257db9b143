// Threads that run SQL. libuv's pool will not do: a handful of slow queries there would keep the
// replication log from its fsync and the group from its heartbeats. There are as many threads as
// clients may be connected, so a quick statement never waits behind slow ones. A few more exist
// from the start for the server's own work, so that a log-in, a good-bye or the health probe never
// waits behind statements, not even when the machine gives no more threads. A thread that has had
// nothing to do for a while ends.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/rt/loop.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"

namespace multiaz::dbnode {

constexpr size_t kServiceThreads = 4;
constexpr uint64_t kIdleThreadMs = 500;

// kStatement: a client's statement, which may take long. kService: short work of the server.
enum class Lane { kStatement, kService };

class SqlPool {
 public:
  // `statements_max` statements run at a time, each on a thread of its own.
  explicit SqlPool(size_t statements_max);
  ~SqlPool();  // REQUIRES: no job is running
  SqlPool(const SqlPool&) = delete;
  SqlPool& operator=(const SqlPool&) = delete;

  // Runs `job` on a thread and resumes here, on the loop, when it has ended. A thread is started
  // when all others are busy.
  rt::Task<void> run(const std::function<void()>& job, Lane lane);

 private:
  struct Job {
    const std::function<void()>* run;
    Lane lane;
    rt::Wait done;
  };
  void work();
  bool start_thread();
  bool leave();  // REQUIRES: the mutex is held
  void join_ended();
  Job* next();  // REQUIRES: likewise
  void on_finished();

  const size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<Job*> statements_, services_;
  size_t statements_running_ = 0;
  std::vector<Job*> finished_;
  bool stopping_ = false;
  rt::Wakeup wakeup_;
  std::vector<std::thread> threads_, ended_;  // the ended ones are to be joined
};

}  // namespace multiaz::dbnode
