#include "dbnode/sql_pool.h"

#include <pthread.h>
#include <signal.h>

#include <string>
#include <system_error>
#include <utility>

#include "base/core/log.h"

namespace multiaz::dbnode {

SqlPool::SqlPool(size_t statements_max)
    : threads_max_(statements_max + kServiceThreads), wakeup_([this] { on_finished(); }) {
  // One more for the first statement, which would have none to wait for.
  for (size_t i = 0; i <= kServiceThreads; i++) CHECK_NOTE(start_thread(), "no threads at the start");
}

SqlPool::~SqlPool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    CHECK(statements_.empty() && services_.empty() && finished_.empty());
    stopping_ = true;
  }
  queued_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

rt::Task<void> SqlPool::run(const std::function<void()>& job, Lane lane) {
  Job waiting;
  waiting.run = &job;
  waiting.lane = lane;
  bool grow;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    (lane == Lane::kStatement ? statements_ : services_).push_back(&waiting);
    grow = lane == Lane::kStatement && threads_.size() < threads_max_ &&
           statements_running_ + statements_.size() + kServiceThreads > threads_.size();
  }
  if (grow) (void)start_thread();
  queued_.notify_one();
  co_await waiting.done;
}

// When no thread can be started, a statement waits for the running ones.
bool SqlPool::start_thread() {
  try {
    std::thread thread([this] { work(); });
    const std::lock_guard<std::mutex> lock(mutex_);
    threads_.push_back(std::move(thread));
    return true;
  } catch (const std::system_error& error) {
    log::warn("no thread for a statement: " + std::string(error.what()));
    return false;
  }
}

SqlPool::Job* SqlPool::next() {
  const bool statement = services_.empty();
  const bool all_taken = statements_running_ + kServiceThreads >= threads_.size();
  if (statement && (statements_.empty() || all_taken)) return nullptr;
  std::deque<Job*>& queue = statement ? statements_ : services_;
  Job* job = queue.front();
  queue.pop_front();
  if (statement) statements_running_++;
  return job;
}

void SqlPool::work() {
  // Signals belong to the loop's thread.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    Job* job = nullptr;
    queued_.wait(lock, [this, &job] { return stopping_ || (job = next()) != nullptr; });
    if (!job) return;
    lock.unlock();
    (*job->run)();
    lock.lock();
    if (job->lane == Lane::kStatement) statements_running_--;
    finished_.push_back(job);
    wakeup_.signal();
  }
}

void SqlPool::on_finished() {
  std::vector<Job*> finished;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    finished.swap(finished_);
  }
  for (Job* job : finished) job->done.wake();
}

}  // namespace multiaz::dbnode
