// joined(): runs a body of work beside the tasks of a nursery. However the body ends (a result, an
// early return, an exception), the nursery is stopped and joined before its owner goes on.
//
// A coroutine that spawns into a nursery and may leave early writes its work as a task of its own
// and awaits it through joined(), because a nursery that is destroyed with living children is a
// failed CHECK.
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/rt/nursery.h"
#include "base/rt/task.h"

namespace multiaz::rt {

template <typename T>
Task<T> joined(Nursery& nursery, Task<T> body) {
  using Kept = std::conditional_t<std::is_void_v<T>, bool, T>;
  std::optional<Kept> kept;
  std::exception_ptr thrown;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await body;
      kept = true;
    } else {
      kept.emplace(co_await body);
    }
  } catch (...) {  // a catch block cannot await
    thrown = std::current_exception();
  }
  nursery.stop();
  co_await nursery.join();
  if (thrown) std::rethrow_exception(thrown);
  if constexpr (!std::is_void_v<T>) co_return std::move(*kept);
}

}  // namespace multiaz::rt
