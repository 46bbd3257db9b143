#include "dbnode/sql_pool.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
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
  join_ended();
}

void SqlPool::join_ended() {
  std::vector<std::thread> ended;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended.swap(ended_);
  }
  for (std::thread& thread : ended) thread.join();
}

// Whether the calling thread, which is idle, is one too many: the next statement and the server's
// own work still find a thread each.
bool SqlPool::leave() {
  if (threads_.size() - statements_running_ <= kServiceThreads + 1) return false;
  const auto self =
      std::find_if(threads_.begin(), threads_.end(), [](const std::thread& thread) {
        return thread.get_id() == std::this_thread::get_id();
      });
  if (self == threads_.end()) return false;  // it has just been started, and is not in the list yet
  ended_.push_back(std::move(*self));
  threads_.erase(self);
  return true;
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
  join_ended();
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
    const bool found =
        queued_.wait_for(lock, std::chrono::milliseconds(kIdleThreadMs),
                         [this, &job] { return stopping_ || (job = next()) != nullptr; });
    if (!found) {
      if (leave()) return;
      continue;
    }
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
