// The event loop of this process: one loop, one thread. base/rt is the only user of uv.h.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/core/clock.h"
#include "base/rt/task.h"

struct uv_loop_s;

namespace multiaz::rt {

// Runs `main` on a fresh loop until it and everything it started has ended, and returns its value.
// Raises the limit of descriptors first (base/core/descriptors.h). A handle that is still open at
// the end is a failed CHECK.
int run(Task<int> main);

uv_loop_s* uv_loop_raw();  // for base/rt only

// Calls `fn` on the loop's next turn. For the loop's thread only.
void defer(std::function<void()> fn);

// How often the loop has looked for events. Whatever had happened to a descriptor before turn n has
// been dealt with in turn n + 2.
uint64_t loop_turns();

// Gives other work of the loop a turn; long runs of awaits that are ready at once must do this now
// and then.
Task<void> yield();

// A repeating or one-shot timer. The callback may stop or destroy the timer.
class Timer {
 public:
  explicit Timer(std::function<void()> on_fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  // First fires after `first_ms`, then every `repeat_ms` (0 = once). Restarts a running timer.
  void start(uint64_t first_ms, uint64_t repeat_ms = 0);
  void stop();
  bool active() const;

 private:
  struct Handle;
  Handle* handle_;
};

// Wakes the loop from another thread: `on_wake` runs on the loop. Several calls may become one.
class Wakeup {
 public:
  explicit Wakeup(std::function<void()> on_wake);
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  void signal();  // any thread, async-signal-safe

 private:
  struct Handle;
  Handle* handle_;
};

// Calls `on_signal` for each delivery of `signum`. Does not keep the loop alive by itself.
class SignalWatch {
 public:
  SignalWatch(int signum, std::function<void()> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

// Watches a descriptor that another library owns (libpq, hiredis) for readiness.
class FdWatch {
 public:
  FdWatch(int fd, std::function<void(bool readable, bool writable)> on_ready);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;
  void want(bool readable, bool writable);  // both false: pause

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace multiaz::rt
