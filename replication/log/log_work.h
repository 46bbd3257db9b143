// The disk work of a log: two threads that carry it out in order, and the calls that are due when
// the owner polls. The first failed write or sync is final.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "replication/log/log_options.h"
#include "replication/log/worker.h"

namespace multiaz::replication {

class LogWork {
 public:
  using Done = std::function<void(Status)>;

  LogWork(Storage& storage, std::function<void(const std::string&)> on_failed)
      : storage_(storage), on_failed_(std::move(on_failed)) {}

  void start_threads(const LogOptions& options);

  // For records, truncation and metadata. `done` is called on success only: a failure is reported
  // once.
  void write(Job job, Done done);
  // For snapshots and other long work; `job.done` is called in any case.
  void help(Job job) { helper_->post(std::move(job)); }
  void remove(std::vector<std::string> paths);  // removes them at some later time
  // Is called in poll().
  void later(std::function<void()> call) { due_.push_back(std::move(call)); }
  void fail(const Status& status);
  bool failed() const { return failed_; }
  // Calls `done` on success only, as write() does.
  Done guarded(Done done);
  bool poll();  // true if there was anything
  WorkerCounters counters() const { return writer_ ? writer_->counters() : WorkerCounters(); }

 private:
  Storage& storage_;
  std::function<void(const std::string&)> on_failed_;
  bool failed_ = false;
  std::vector<std::function<void()>> due_;
  std::unique_ptr<Worker> writer_;
  std::unique_ptr<Worker> helper_;
};

}  // namespace multiaz::replication
