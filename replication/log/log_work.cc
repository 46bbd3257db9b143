#include "replication/log/log_work.h"

#include <utility>

namespace multiaz::replication {

void LogWork::start_threads(const LogOptions& options) {
  WorkerOptions writer;
  writer.name = "log";
  writer.wake = options.wake;
  writer.believe_second_sync = options.believe_second_sync;
  WorkerOptions helper;
  helper.name = "log-snapshots";
  helper.wake = options.wake;
  helper.first_failure_is_final = false;
  writer_ = std::make_unique<Worker>(std::move(writer));
  helper_ = std::make_unique<Worker>(std::move(helper));
}

void LogWork::write(Job job, Done done) {
  job.done = guarded(std::move(done));
  writer_->post(std::move(job));
}

void LogWork::remove(std::vector<std::string> paths) {
  if (paths.empty() || !helper_) return;
  Job job;  // a file that is left over wastes space but does no harm
  job.run = [this, paths = std::move(paths)] {
    for (const std::string& path : paths) {
      if (Status removed = storage_.remove(path); !removed) return removed;
    }
    return Status();
  };
  helper_->post(std::move(job));
}

LogWork::Done LogWork::guarded(Done done) {
  return [this, done = std::move(done)](Status status) {
    if (!status.ok()) return fail(status);
    if (done && !failed_) done(std::move(status));
  };
}

void LogWork::fail(const Status& status) {
  if (failed_) return;
  failed_ = true;
  due_.push_back([this, reason = status.error().text()] { on_failed_(reason); });
}

bool LogWork::poll() {
  bool any = false;
  if (writer_) any = writer_->take_done();
  if (helper_) any = helper_->take_done() || any;
  while (!due_.empty()) {
    any = true;
    for (const std::function<void()>& call : std::exchange(due_, {})) call();
  }
  return any;
}

}  // namespace multiaz::replication
