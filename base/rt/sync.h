// Small things to wait for: sleep_ms, Mailbox, Notify, offload.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <utility>

#include "base/core/result.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"

namespace multiaz::rt {

// Waits `ms` milliseconds. kCancelled when `stop` is requested earlier.
Task<Status> sleep_ms(uint64_t ms, Stop& stop);
Task<void> sleep_ms(uint64_t ms);

// Notify: wakes many waiters together on the loop's next turn.
class Notify {
 public:
  ~Notify();
  // True at the next notify_all(); false when `timeout_ms` has passed or `stop` is requested.
  Task<bool> wait(uint64_t timeout_ms);
  Task<bool> wait(uint64_t timeout_ms, Stop& stop);
  void notify_all();
  bool has_waiters() const { return !waiters_.empty(); }

 private:
  struct Waiter;
  std::list<Waiter*> waiters_;
};

// Mailbox: a bounded queue with one reader.
template <typename T>
class Mailbox {
 public:
  explicit Mailbox(size_t items_max) : items_max_(items_max) {}
  // False when the mailbox is full or closed; the item is dropped then.
  bool push(T item) {
    if (closed_ || items_.size() >= items_max_) return false;
    items_.push_back(std::move(item));
    wait_.wake();
    return true;
  }
  // The next item; nullopt when the mailbox is closed and empty.
  Task<std::optional<T>> pop() {
    while (items_.empty() && !closed_) co_await wait_;
    if (items_.empty()) co_return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    co_return item;
  }
  void close() {
    closed_ = true;
    wait_.wake();
  }
  size_t size() const { return items_.size(); }

 private:
  size_t items_max_;
  std::deque<T> items_;
  bool closed_ = false;
  Wait wait_;
};

// Runs `job` on libuv's thread pool and resumes here when it has ended. The job must not touch any
// object of the loop. The callable needs a name: `auto job = [&] {...}; co_await offload(job);`
Task<void> offload(const std::function<void()>& job);

}  // namespace multiaz::rt
