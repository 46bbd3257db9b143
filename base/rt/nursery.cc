#include "base/rt/nursery.h"

#include <functional>
#include <utility>

#include "base/core/check.h"
#include "base/core/exceptions.h"
#include "base/rt/loop.h"

namespace multiaz::rt {

void Stop::request() {
  if (requested_) return;
  requested_ = true;
  // Callbacks only defer or close; they never resume a coroutine inline, so none of them removes a
  // ticket during this walk.
  for (const std::function<void()>& callback : callbacks_) callback();
}

Stop::Ticket Stop::add(std::function<void()> on_stop) {
  if (requested_) on_stop();
  callbacks_.push_back(std::move(on_stop));
  return std::prev(callbacks_.end());
}

void Stop::remove(Ticket ticket) {
  callbacks_.erase(ticket);
}

// The detached frame around a child, which frees itself at its end.
struct Nursery::Runner {
  struct promise_type {
    Runner get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }  // run_child() catches all
  };
};

Nursery::~Nursery() {
  CHECK_NOTE(children_.empty(), children_.begin()->second.name);
}

Nursery::Runner Nursery::run_child(uint64_t id, Task<void> task) {
  {
    // The child's frame (and the parameters in it) must be gone before the joiner goes on.
    Task<void> child = std::move(task);
    try {
      co_await child;
    } catch (...) {
      // What a half-done task of this process leaves behind is unknown, so the process ends. Edges
      // that serve clients catch exceptions before (http::Server, http::Acceptor).
      uncaught_exception("task '" + children_.at(id).name + "'");
    }
  }
  children_.erase(id);
  if (children_.empty() && joined_) joined_->wake();
}

void Nursery::spawn(std::string name, Task<void> task) {
  const uint64_t id = next_id_++;
  Child child;
  child.name = std::move(name);
  child.since = monotonic_now();
  children_.emplace(id, std::move(child));
  run_child(id, std::move(task));
}

Task<void> Nursery::join() {
  Wait wait;
  CHECK_NOTE(!joined_, "two joiners");
  joined_ = &wait;
  while (!children_.empty()) co_await wait;
  joined_ = nullptr;
}

std::vector<Nursery::Child> Nursery::children() const {
  std::vector<Child> out;
  for (const auto& [id, child] : children_) out.push_back(child);
  return out;
}

}  // namespace multiaz::rt
