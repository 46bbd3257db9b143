#include "clients/db_pool.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/core/check.h"
#include "base/core/log.h"
#include "base/rt/sync.h"

namespace multiaz::clients {

// A job lives in the frame of execute(), which always waits for its result.
struct DbPool::Job {
  Batch batch;
  bool transaction = false;
  Nanos until = 0;
  bool in_doubt = false;  // an attempt may have been committed
  std::optional<Result<RowSets>> result;
  bool done = false;
  rt::Wait wait;
};

DbPool::DbPool(DbPoolConfig config)
    : config_(std::move(config)), sweeper_([this] { sweep(); }), breaker_(config_.breaker_ms) {
  for (size_t i = 0; i < config_.connections_max; ++i) {
    workers_.push_back(std::make_unique<Worker>(config_.target));
  }
  Worker& first = *workers_.front();
  first.conn.on_lost([&first] {
    if (first.idle) first.wait.wake();
  });
}

DbPool::~DbPool() {
  CHECK(queue_.empty());
}

void DbPool::start(rt::Nursery& nursery) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    nursery.spawn(config_.name + " " + std::to_string(i), work(i, nursery.stopping()));
  }
}

rt::Task<void> DbPool::work(size_t index, rt::Stop& stop) {
  Worker& worker = *workers_[index];
  const rt::Stop::Ticket ticket = stop.add([this, &worker] {
    stopped_ = true;
    worker.conn.abort();
    if (worker.idle) rt::defer([&worker] { worker.wait.wake(); });
  });
  while (!stopped_) {
    // The first connection is kept open even without work; the others are opened when needed.
    if (queue_.empty() && (index > 0 || worker.conn.up())) {
      worker.idle = true;
      co_await worker.wait;
      worker.idle = false;
      continue;
    }
    const bool ready = co_await connected(worker, stop);
    if (ready && !queue_.empty()) co_await serve_one(worker, stop);
  }
  stop.remove(ticket);
  worker.conn.close();
  sweep();
}

rt::Task<bool> DbPool::connected(Worker& worker, rt::Stop& stop) {
  if (worker.conn.up()) co_return true;
  const Nanos until = monotonic_now() + config_.connect_ms * kMillisecond;
  const Status done = co_await worker.conn.connect(until);
  if (done) {
    ++stats_.connects;
    worker.backoff_ms = kDbBackoffFirstMs;
    healthy_ = true;
    breaker_.connected();
    co_return true;
  }
  if (stopped_) co_return false;
  // this process is short of descriptors, which says nothing about the database
  if (done.error().code == Code::kExhausted) {
    log::warn(config_.name + ": " + done.error().detail);
    co_await rest(worker, stop);
    co_return false;
  }
  breaker_.not_connected(monotonic_now());
  if (done.error().code == Code::kDenied) log::warn(config_.name + ": " + done.error().detail);
  // Another connection may still be good, and while one stands no attempt would ever correct this.
  healthy_ = any_up();
  co_await rest(worker, stop);
  co_return false;
}

bool DbPool::any_up() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->conn.up(); });
}

rt::Task<void> DbPool::rest(Worker& worker, rt::Stop& stop) {
  (void)co_await rt::sleep_ms(worker.backoff_ms, stop);
  worker.backoff_ms = std::min(worker.backoff_ms * 2, kDbBackoffMaxMs);
}

rt::Task<void> DbPool::serve_one(Worker& worker, rt::Stop& stop) {
  Job* job = queue_.front();
  queue_.pop_front();
  const Nanos limit = monotonic_now() + config_.command_ms * kMillisecond;
  Outcome outcome =
      co_await worker.conn.execute(job->batch, job->transaction, std::min(limit, job->until));
  if (!outcome.error) {
    healthy_ = true;
    breaker_.answered();
    finish(*job, std::move(outcome.rows));
    co_return;
  }
  job->in_doubt = job->in_doubt || outcome.in_doubt;
  if (!worker.conn.up()) {
    ++stats_.losses;
    healthy_ = any_up();
    breaker_.not_answered(monotonic_now());
  } else if (!outcome.retry) {
    breaker_.answered();  // with an error, but it was an answer
  }
  if (outcome.retry && monotonic_now() < job->until && !stopped_ && retries_.take()) {
    ++stats_.resent;
    queue_.push_front(job);
    watch_deadlines();
    if (worker.conn.up()) co_await rest(worker, stop);
    co_return;
  }
  if (outcome.retry) {
    finish(*job, expiry_error(*job));
    co_return;
  }
  if (outcome.error->code == Code::kInternal) {
    log::warn(config_.name + " refused a statement: " + outcome.error->detail);
  }
  finish(*job, *outcome.error);
}

rt::Task<Result<RowSets>> DbPool::execute(Batch batch, bool transaction, Nanos until) {
  if (stopped_) co_return Error(Code::kUnavailable, "stopping");
  if (queue_.size() >= kDbJobsMax) co_return Error(Code::kLimit, "too many queries wait");
  if (!breaker_.admit(monotonic_now())) {
    ++stats_.refused;
    co_return Error(Code::kUnavailable, "the database has been unreachable for long: not tried");
  }
  retries_.asked();
  Job job;
  job.batch = std::move(batch);
  job.transaction = transaction;
  job.until = until;
  ++stats_.batches;
  queue_.push_back(&job);
  watch_deadlines();
  wake_one();
  while (!job.done) co_await job.wait;
  co_return std::move(*job.result);
}

// Wakes the lowest idle worker, so that few connections do most of the work.
void DbPool::wake_one() {
  for (const std::unique_ptr<Worker>& worker : workers_) {
    if (!worker->idle) continue;
    worker->wait.wake();
    return;
  }
}

void DbPool::drop() {
  for (const std::unique_ptr<Worker>& worker : workers_) worker->conn.abort();
  wake_one();
}

Error DbPool::expiry_error(const Job& job) {
  if (job.in_doubt) return Error(Code::kTimeout, "the database did not answer; outcome in doubt");
  return Error(Code::kUnavailable, "the database is away");
}

// Called after every job that enters the queue, from either side: the sweeper stops when the queue
// is empty, even while a worker still has a job that it may put back.
void DbPool::watch_deadlines() {
  if (!sweeper_.active()) sweeper_.start(kDbSweepMs, kDbSweepMs);
}

void DbPool::sweep() {
  const Nanos now = monotonic_now();
  std::vector<Job*> late;
  std::erase_if(queue_, [&](Job* job) {
    if (now < job->until && !stopped_) return false;
    late.push_back(job);
    return true;
  });
  if (queue_.empty()) sweeper_.stop();
  stats_.expired += late.size();
  for (Job* job : late) finish(*job, expiry_error(*job));
}

// The caller resumes in the loop's next turn: by then the worker is idle and takes the caller's
// next job, so no further connection is opened for it.
void DbPool::finish(Job& job, Result<RowSets> result) {
  job.result.emplace(std::move(result));
  rt::defer([&job] {
    job.done = true;
    job.wait.wake();
  });
}

}  // namespace multiaz::clients
