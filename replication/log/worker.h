// Worker: one thread that does disk work in order. While it syncs, further jobs collect, and the
// next sync covers all of them (group commit).
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/core/clock.h"
#include "replication/log/storage.h"

namespace multiaz::replication {

struct Job {
  std::function<Status()> run;       // runs on the thread; may be empty
  std::shared_ptr<File> sync;        // is synced before `done`, together with those of other jobs
  std::function<void(Status)> done;  // is called by take_done(); may be empty
};

struct WorkerOptions {
  std::string name;            // of the thread, at most 15 characters
  std::function<void()> wake;  // is called on the thread when take_done() has something
  // The first failure is final: later jobs fail with it and never reach the disk (rule 11).
  bool first_failure_is_final = true;
  // Bug::kRetryFsync: syncs again after a failed sync and believes the second answer.
  bool believe_second_sync = false;
};

struct WorkerCounters {
  uint64_t syncs = 0;
  Nanos sync_ns_max = 0;
};

class Worker {
 public:
  explicit Worker(WorkerOptions options);
  ~Worker();  // does the queued jobs, then ends
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(Job job);
  // Calls `done` of every finished job, in order, on the caller's thread. True if there was any.
  bool take_done();
  WorkerCounters counters() const;

 private:
  using Finished = std::pair<std::function<void(Status)>, Status>;

  void loop();
  void do_batch(std::vector<Job> batch);
  void sync_waiting();
  Status sync_file(File& file);
  void finish(Job& job, Status status);

  WorkerOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::vector<Job> queue_;
  std::vector<Finished> finished_;
  WorkerCounters counters_;
  bool stopping_ = false;

  // Used by the thread only.
  std::vector<Job> unsynced_;  // they ran and wait for their sync
  Status failed_;
  std::thread thread_;
};

}  // namespace multiaz::replication
