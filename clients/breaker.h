// Circuit breaker (Nygard, "Release It!"): when a server has answered nobody for as long as a whole
// request may take, waiting for it helps nobody either: calls fail at once. Who cannot be reached
// is tried by those who keep the connections; of one that accepts and says nothing, a call in a
// while finds out. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/core/clock.h"

namespace multiaz::clients {

constexpr uint64_t kBreakerProbeEveryMs = 250;

class Breaker {
 public:
  // Failures for `open_after_ms` without a success open it. A failover must take less.
  explicit Breaker(uint64_t open_after_ms) : open_after_ms_(open_after_ms) {}

  // May this call be tried?
  bool admit(Nanos now) {
    if (!open(now)) return true;
    if (!unanswered_ || now < probed_at_ + kBreakerProbeEveryMs * kMillisecond) {
      ++refused_;
      return false;
    }
    probed_at_ = now;
    return true;
  }
  void answered() {
    failing_since_.reset();
    unanswered_ = false;
  }
  // A connection stands: good news, unless it was answers that were missing.
  void connected() {
    if (!unanswered_) failing_since_.reset();
  }
  void not_connected(Nanos now) {
    if (!failing_since_) failing_since_ = now;
  }
  void not_answered(Nanos now) {
    not_connected(now);
    unanswered_ = true;
  }

  [[nodiscard]] bool open(Nanos now) const {
    return failing_since_ && now >= *failing_since_ + open_after_ms_ * kMillisecond;
  }
  [[nodiscard]] uint64_t refused() const { return refused_; }

 private:
  uint64_t open_after_ms_;
  std::optional<Nanos> failing_since_;
  bool unanswered_ = false;
  Nanos probed_at_ = 0;
  uint64_t refused_ = 0;
};

// Retries may be a fifth of what is asked, and a few more after a quiet time (Finagle's
// RetryBudget): a server in trouble is not asked for more than its usual load.
class RetryBudget {
 public:
  void asked() { tokens_ = tokens_ + kPerCall < kMax ? tokens_ + kPerCall : kMax; }
  bool take() {
    if (tokens_ < kPerRetry) return false;
    tokens_ -= kPerRetry;
    return true;
  }

 private:
  static constexpr int kPerCall = 1, kPerRetry = 5, kMax = 500;
  int tokens_ = 100;
};

}  // namespace multiaz::clients
