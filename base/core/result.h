// Errors are values: Result<T> carries a T or an Error. No exception crosses a module boundary.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/core/check.h"

namespace multiaz {

enum class Code {
  kOk = 0,
  kInvalid,  // the input breaks a rule, which the detail names
  kNotFound,
  kConflict,     // the state does not allow it now
  kUnavailable,  // a peer or role is away; the call was certainly not executed
  kTimeout,      // a deadline passed; the outcome is in doubt unless the caller knows better
  kClosed,       // the peer closed or reset the connection
  kCancelled,    // this side stopped
  kLimit,        // a stated limit was exceeded
  kIo,           // the operating system refused
  kExhausted,    // this process is out of descriptors or the like; says nothing about the peer
  kDenied,       // credentials or rules forbid it
  kCorrupt,      // stored bytes fail their check
  kInternal,
};

std::string_view to_string(Code code);

struct Error {
  Error(Code c, std::string d) : code(c), detail(std::move(d)) {}
  explicit Error(Code c) : code(c) {}
  Code code;
  std::string detail;
  // "unavailable: the primary has no lease"
  [[nodiscard]] std::string text() const;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::move(error)) {}  // NOLINT
  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }
  T& value() {
    CHECK(ok());
    return std::get<T>(state_);
  }
  const T& value() const {
    CHECK(ok());
    return std::get<T>(state_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const Error& error() const {
    CHECK(!ok());
    return std::get<Error>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT
  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const {
    CHECK(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace multiaz
