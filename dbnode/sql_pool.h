// Threads that run SQL. Not libuv's pool: there a handful of slow queries would keep the
// replication log from its fsync, and the group from its heartbeats.
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

constexpr size_t kSqlThreadsMax = 16;

class SqlPool {
 public:
  explicit SqlPool(size_t threads_max = kSqlThreadsMax);
  ~SqlPool();  // REQUIRES: no job is under way
  SqlPool(const SqlPool&) = delete;
  SqlPool& operator=(const SqlPool&) = delete;

  // Runs `job` on a thread and resumes here, on the loop, when it has ended. Threads start when
  // all others are busy.
  rt::Task<void> run(const std::function<void()>& job);

 private:
  struct Job {
    const std::function<void()>* run;
    rt::Wait done;
  };
  void work();
  void on_finished();

  const size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<Job*> queue_;
  std::vector<Job*> finished_;
  size_t idle_ = 0;
  bool stopping_ = false;
  rt::Wakeup wakeup_;
  std::vector<std::thread> threads_;
};

}  // namespace multiaz::dbnode
