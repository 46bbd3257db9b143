// Errors are values: Result<T> carries a T or an Error. No exception crosses a module boundary.
#pragma once

#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

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

// A union by hand and not a std::variant: half of all files use a Result, and the tables that a
// std::variant builds for each T took a tenth of the time of a build.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : ok_(true), value_(std::move(value)) {}       // NOLINT: implicit on purpose
  Result(Error error) : ok_(false), error_(std::move(error)) {}  // NOLINT
  Result(const Result& other) requires std::is_copy_constructible_v<T> : ok_(other.ok_) {
    if (ok_) {
      new (&value_) T(other.value_);
    } else {
      new (&error_) Error(other.error_);
    }
  }
  Result(Result&& other) noexcept : ok_(other.ok_) { take(other); }
  Result& operator=(Result other) noexcept {
    end();
    ok_ = other.ok_;
    take(other);
    return *this;
  }
  ~Result() { end(); }

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  T& value() {
    CHECK(ok_);
    return value_;
  }
  const T& value() const {
    CHECK(ok_);
    return value_;
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const Error& error() const {
    CHECK(!ok_);
    return error_;
  }

 private:
  void take(Result& other) noexcept {
    if (ok_) {
      new (&value_) T(std::move(other.value_));
    } else {
      new (&error_) Error(std::move(other.error_));
    }
  }
  void end() {
    if (ok_) {
      value_.~T();
    } else {
      error_.~Error();
    }
  }

  bool ok_;
  union {
    T value_;
    Error error_;
  };
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
