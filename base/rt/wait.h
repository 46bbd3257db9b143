// Wait: the one-slot rendezvous under every awaitable here. One coroutine waits; the code that
// completes the operation calls wake(), before or after the wait began.
#pragma once

#include <coroutine>
#include <utility>

#include "base/core/check.h"

namespace multiaz::rt {

class Wait {
 public:
  Wait() = default;
  // A copy would never be signalled.
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  bool await_ready() const noexcept { return signalled_; }
  void await_suspend(std::coroutine_handle<> waiter) {
    CHECK_NOTE(!waiter_, "two coroutines wait for one event");
    waiter_ = waiter;
  }
  void await_resume() noexcept { signalled_ = false; }

  // Resumes the waiter now, inline; this must be the caller's last act.
  void wake() {
    signalled_ = true;
    if (waiter_) std::exchange(waiter_, {}).resume();
  }
  bool waiting() const { return static_cast<bool>(waiter_); }

 private:
  std::coroutine_handle<> waiter_;
  bool signalled_ = false;
};

}  // namespace multiaz::rt
