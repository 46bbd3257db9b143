// Task<T>: a lazy coroutine that runs only while another one awaits it.
//
// The child is started inside await_suspend, which returns false when the child finished at once.
// So a loop over a million ready children needs no stack, at every optimisation level and under
// every sanitizer (where a compiler does not tail-call symmetric transfer).
//
// An exception in the child is thrown again in the parent.
//
// REQUIRES: a frame runs to its end; destroying a suspended Task is a failed CHECK, because the
// event loop would still hold a pointer into it. Cancel by closing what it waits for.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/core/check.h"

namespace multiaz::rt {

template <typename T>
class Task;

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> parent;
  std::exception_ptr thrown;
  bool finished = false;

  struct Final {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept {
      self.promise().finished = true;
      const std::coroutine_handle<> parent = self.promise().parent;
      if (parent) parent.resume();  // the last act: the frame may be gone afterwards
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  // An exception that reaches a coroutine's end is a bug (errors are values). It is thrown again in
  // the awaiting coroutine, so that a network edge can answer with its protocol's internal error.
  void unhandled_exception() noexcept { thrown = std::current_exception(); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() {}
};

}  // namespace detail

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (!handle_) return;
    CHECK_NOTE(handle_.promise().finished || !started_, "a suspended task was destroyed");
    handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> parent) {
    started_ = true;
    handle_.resume();  // runs until its first real wait
    if (handle_.promise().finished) return false;
    handle_.promise().parent = parent;
    return true;
  }
  T await_resume() {
    if (handle_.promise().thrown) [[unlikely]]
      std::rethrow_exception(handle_.promise().thrown);
    if constexpr (!std::is_void_v<T>) return std::move(*handle_.promise().value);
  }

  // For Nursery only: starts without a parent; true when it finished at once.
  bool start(std::coroutine_handle<> parent) { return !await_suspend(parent); }

 private:
  Handle handle_;
  bool started_ = false;
};

namespace detail {
template <typename T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}
}  // namespace detail

}  // namespace multiaz::rt
