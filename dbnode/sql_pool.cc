#include "dbnode/sql_pool.h"

#include <pthread.h>
#include <signal.h>

#include <string>
#include <system_error>
#include <utility>

#include "base/core/log.h"

namespace multiaz::dbnode {

SqlPool::SqlPool(size_t statements_max)
    : statements_max_(statements_max), wakeup_([this] { on_finished(); }) {}

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
    grow = idle_ < statements_.size() + services_.size() &&
           threads_.size() < statements_max_ + kServiceThreads;
  }
  if (grow) start_thread();
  queued_.notify_one();
  co_await waiting.done;
}

// When no thread can be started, the job waits for the existing ones.
void SqlPool::start_thread() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    CHECK_NOTE(!threads_.empty(), error.what());
    log::warn("no thread for a statement: " + std::string(error.what()));
  }
}

SqlPool::Job* SqlPool::next() {
  const bool statement = services_.empty();
  if (statement && (statements_.empty() || statements_running_ >= statements_max_)) return nullptr;
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
    idle_++;
    queued_.wait(lock, [this, &job] { return stopping_ || (job = next()) != nullptr; });
    idle_--;
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
