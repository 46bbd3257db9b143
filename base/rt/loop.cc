#include "base/rt/loop.h"

#include <uv.h>

#include <csignal>
#include <deque>
#include <optional>
#include <utility>

#include "base/core/check.h"
#include "base/core/descriptors.h"
#include "base/rt/fabric.h"
#include "base/rt/wait.h"

namespace multiaz::rt {

namespace {

struct LoopState {
  uv_loop_t loop;
  uv_idle_t turn;  // active only while a call is deferred, so that the loop does not sleep
  std::deque<std::function<void()>> deferred;
  uv_prepare_t before_poll;
  uint64_t turns = 0;
};
LoopState* g_state = nullptr;

void on_turn(uv_idle_t*) {
  std::deque<std::function<void()>> batch = std::exchange(g_state->deferred, {});
  for (std::function<void()>& fn : batch) fn();
  if (g_state->deferred.empty()) uv_idle_stop(&g_state->turn);
}

struct Root {
  struct promise_type {
    Root get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

Root run_root(Task<int> main, std::optional<int>& result) {
  const int code = co_await main;
  result = code;
  // What the network does to this process ends with it: no peer is left to be cut off or slowed
  // down, and the timer of a fault must not keep the loop alive.
  fabric().set_rules({});
}

// Frees a handle on the heap once libuv has released it.
template <typename Handle>
void close_and_delete(Handle* handle) {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle->uv),
           [](uv_handle_t* uv) { delete static_cast<Handle*>(uv->data); });
}

}  // namespace

uv_loop_s* uv_loop_raw() {
  CHECK_NOTE(g_state, "no event loop runs");
  return &g_state->loop;
}

int run(Task<int> main) {
  CHECK_NOTE(!g_state, "one event loop a process");
  // so that a peer that left is an error of write() and not the end of this process
  std::signal(SIGPIPE, SIG_IGN);
  // each connection is a descriptor, so the limit is raised as far as allowed
  (void)descriptor_limit();
  LoopState state;
  CHECK(uv_loop_init(&state.loop) == 0);
  CHECK(uv_idle_init(&state.loop, &state.turn) == 0);
  CHECK(uv_prepare_init(&state.loop, &state.before_poll) == 0);
  uv_prepare_start(&state.before_poll, [](uv_prepare_t*) { ++g_state->turns; });
  uv_unref(reinterpret_cast<uv_handle_t*>(&state.before_poll));
  g_state = &state;
  std::optional<int> result;
  run_root(std::move(main), result);
  uv_run(&state.loop, UV_RUN_DEFAULT);
  CHECK_NOTE(result.has_value(), "the main task waits for something that cannot come");
  uv_close(reinterpret_cast<uv_handle_t*>(&state.turn), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&state.before_poll), nullptr);
  uv_run(&state.loop, UV_RUN_DEFAULT);
  const int closed = uv_loop_close(&state.loop);
  if (closed != 0) uv_print_all_handles(&state.loop, stderr);
  CHECK_NOTE(closed == 0, "a handle outlived the main task");
  g_state = nullptr;
  return *result;
}

uint64_t loop_turns() {
  CHECK(g_state);
  return g_state->turns;
}

void defer(std::function<void()> fn) {
  CHECK(g_state);
  g_state->deferred.push_back(std::move(fn));
  if (!uv_is_active(reinterpret_cast<uv_handle_t*>(&g_state->turn))) {
    uv_idle_start(&g_state->turn, on_turn);
  }
}

Task<void> yield() {
  Wait wait;
  defer([&wait] { wait.wake(); });
  co_await wait;
}

struct Timer::Handle {
  uv_timer_t uv;
  std::function<void()> on_fire;
};

Timer::Timer(std::function<void()> on_fire) : handle_(new Handle{{}, std::move(on_fire)}) {
  CHECK(uv_timer_init(uv_loop_raw(), &handle_->uv) == 0);
  handle_->uv.data = handle_;
}

Timer::~Timer() {
  uv_timer_stop(&handle_->uv);
  close_and_delete(handle_);  // deferred, because this may run inside on_fire
}

void Timer::start(uint64_t first_ms, uint64_t repeat_ms) {
  uv_update_time(uv_loop_raw());  // a long callback must not shorten the wait
  uv_timer_start(
      &handle_->uv, [](uv_timer_t* uv) { static_cast<Handle*>(uv->data)->on_fire(); }, first_ms,
      repeat_ms);
}

void Timer::stop() {
  uv_timer_stop(&handle_->uv);
}

bool Timer::active() const {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&handle_->uv)) != 0;
}

struct Wakeup::Handle {
  uv_async_t uv;
  std::function<void()> on_wake;
};

Wakeup::Wakeup(std::function<void()> on_wake) : handle_(new Handle{{}, std::move(on_wake)}) {
  CHECK(uv_async_init(uv_loop_raw(), &handle_->uv,
                      [](uv_async_t* uv) { static_cast<Handle*>(uv->data)->on_wake(); }) == 0);
  handle_->uv.data = handle_;
}

Wakeup::~Wakeup() {
  close_and_delete(handle_);
}

void Wakeup::signal() {
  uv_async_send(&handle_->uv);
}

struct SignalWatch::Handle {
  uv_signal_t uv;
  std::function<void()> on_signal;
};

SignalWatch::SignalWatch(int signum, std::function<void()> on_signal)
    : handle_(new Handle{{}, std::move(on_signal)}) {
  CHECK(uv_signal_init(uv_loop_raw(), &handle_->uv) == 0);
  handle_->uv.data = handle_;
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle_->uv));
  CHECK(uv_signal_start(
            &handle_->uv, [](uv_signal_t* uv, int) { static_cast<Handle*>(uv->data)->on_signal(); },
            signum) == 0);
}

SignalWatch::~SignalWatch() {
  close_and_delete(handle_);
}

struct FdWatch::Handle {
  uv_poll_t uv;
  std::function<void(bool, bool)> on_ready;
};

FdWatch::FdWatch(int fd, std::function<void(bool, bool)> on_ready)
    : handle_(new Handle{{}, std::move(on_ready)}) {
  CHECK(uv_poll_init(uv_loop_raw(), &handle_->uv, fd) == 0);
  handle_->uv.data = handle_;
}

FdWatch::~FdWatch() {
  uv_poll_stop(&handle_->uv);  // at once, because the owner closes the descriptor next
  close_and_delete(handle_);
}

void FdWatch::want(bool readable, bool writable) {
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == 0) {
    uv_poll_stop(&handle_->uv);
    return;
  }
  uv_poll_start(&handle_->uv, events, [](uv_poll_t* uv, int status, int ready) {
    // An error is reported as both directions; the library then meets it when it reads or writes.
    const bool broken = status < 0;
    static_cast<Handle*>(uv->data)->on_ready(broken || (ready & UV_READABLE) != 0,
                                             broken || (ready & UV_WRITABLE) != 0);
  });
}

}  // namespace multiaz::rt
