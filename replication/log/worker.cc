#include "replication/log/worker.h"

#include <pthread.h>

#include <algorithm>

namespace multiaz::replication {

Worker::Worker(WorkerOptions options) : options_(std::move(options)) {
  thread_ = std::thread([this] { loop(); });
  pthread_setname_np(thread_.native_handle(), options_.name.c_str());
}

Worker::~Worker() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopping_ = true;
  }
  more_.notify_one();
  thread_.join();
}

void Worker::post(Job job) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    queue_.push_back(std::move(job));
  }
  more_.notify_one();
}

bool Worker::take_done() {
  std::vector<Finished> taken;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    taken.swap(finished_);
  }
  for (Finished& item : taken) item.first(std::move(item.second));
  return !taken.empty();
}

WorkerCounters Worker::counters() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return counters_;
}

void Worker::loop() {
  while (true) {
    std::vector<Job> batch;
    {
      std::unique_lock<std::mutex> guard(mutex_);
      more_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      batch.swap(queue_);
    }
    do_batch(std::move(batch));
  }
}

// Jobs that only write collect for one sync; any other job must find their bytes on the disk.
void Worker::do_batch(std::vector<Job> batch) {
  for (Job& job : batch) {
    if (!job.sync) sync_waiting();
    Status status = failed_;
    if (status.ok() && job.run) status = job.run();
    if (!status.ok() && options_.first_failure_is_final) failed_ = status;
    if (job.sync && status.ok())
      unsynced_.push_back(std::move(job));
    else
      finish(job, status);
  }
  sync_waiting();
}

void Worker::sync_waiting() {
  if (unsynced_.empty()) return;
  std::vector<Job> jobs = std::exchange(unsynced_, {});
  std::vector<File*> files;
  for (const Job& job : jobs) {
    if (std::find(files.begin(), files.end(), job.sync.get()) == files.end()) {
      files.push_back(job.sync.get());
    }
  }
  Status status = failed_;
  for (File* file : files) {
    if (status.ok()) status = sync_file(*file);
  }
  if (!status.ok() && options_.first_failure_is_final) failed_ = status;
  for (Job& job : jobs) finish(job, status);
}

Status Worker::sync_file(File& file) {
  const Nanos before = monotonic_now();
  Status status = file.sync();
  if (!status.ok() && options_.believe_second_sync) status = file.sync();
  const Nanos took = monotonic_now() - before;
  const std::lock_guard<std::mutex> guard(mutex_);
  ++counters_.syncs;
  counters_.sync_ns_max = std::max(counters_.sync_ns_max, took);
  return status;
}

void Worker::finish(Job& job, Status status) {
  if (!job.done) return;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    finished_.emplace_back(std::move(job.done), std::move(status));
  }
  if (options_.wake) options_.wake();
}

}  // namespace multiaz::replication
