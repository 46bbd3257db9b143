#include "dbnode/sql_pool.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace multiaz::dbnode {

SqlPool::SqlPool(size_t threads_max)
    : threads_max_(threads_max), wakeup_([this] { on_finished(); }) {}

SqlPool::~SqlPool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    CHECK(queue_.empty() && finished_.empty());
    stopping_ = true;
  }
  queued_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

rt::Task<void> SqlPool::run(const std::function<void()>& job) {
  Job waiting;
  waiting.run = &job;
  bool grow;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(&waiting);
    grow = idle_ < queue_.size() && threads_.size() < threads_max_;
  }
  if (grow) threads_.emplace_back([this] { work(); });
  queued_.notify_one();
  co_await waiting.done;
}

void SqlPool::work() {
  // Signals are the loop thread's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    idle_++;
    queued_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    idle_--;
    if (stopping_) return;
    Job* job = queue_.front();
    queue_.pop_front();
    lock.unlock();
    (*job->run)();
    lock.lock();
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
