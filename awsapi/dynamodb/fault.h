// Errors in AWS's words, and results that carry them. A client's text may be a part of the message
// and of nothing else, so type, message and further keys stay separate from the first to the last.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <variant>

#include "base/core/check.h"
#include "base/core/result.h"

namespace multiaz::awsapi::dynamodb {

struct Fault {
  Fault(std::string kind, std::string text) : type(std::move(kind)), message(std::move(text)) {}
  // A ValidationException when the error is kInvalid, an outage otherwise.
  Fault(const Error& error);  // NOLINT: implicit on purpose
  int status = 400;
  std::string type;  // "ConditionalCheckFailedException"
  std::string message;
  // an object with further keys of the answer, or null
  std::shared_ptr<const nlohmann::json> extra;
};

inline Fault fault(std::string type, std::string message) {
  return Fault(std::move(type), std::move(message));
}
Fault fault_with(std::string type, std::string message, nlohmann::json extra);

inline Error validation(std::string message) {
  return Error(Code::kInvalid, std::move(message));
}

// Result<T> with a Fault in place of the Error; an Error is converted.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::move(value)) {}     // NOLINT: implicit on purpose
  Outcome(Fault why) : state_(std::move(why)) {}     // NOLINT
  Outcome(const Error& why) : state_(Fault(why)) {}  // NOLINT
  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }
  T& operator*() {
    CHECK(ok());
    return std::get<T>(state_);
  }
  const T& operator*() const {
    CHECK(ok());
    return std::get<T>(state_);
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  [[nodiscard]] const Fault& error() const {
    CHECK(!ok());
    return std::get<Fault>(state_);
  }

 private:
  std::variant<T, Fault> state_;
};

template <>
class [[nodiscard]] Outcome<void> {
 public:
  Outcome() = default;
  Outcome(Fault why) : fault_(std::make_shared<const Fault>(std::move(why))) {}  // NOLINT
  Outcome(const Error& why) : Outcome(Fault(why)) {}                             // NOLINT
  Outcome(const Status& status) {                                                // NOLINT
    if (!status) fault_ = std::make_shared<const Fault>(status.error());
  }
  [[nodiscard]] bool ok() const { return fault_ == nullptr; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Fault& error() const {
    CHECK(!ok());
    return *fault_;
  }

 private:
  std::shared_ptr<const Fault> fault_;
};
using Done = Outcome<void>;

}  // namespace multiaz::awsapi::dynamodb
