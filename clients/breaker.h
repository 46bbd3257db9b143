// Circuit breaker (Nygard, "Release It!"): when a server has given no answer for as long as a whole
// request may take, waiting for it is pointless, so calls fail at once. Whether an unreachable
// server is back is found out by the code that keeps the connections; for a server that accepts but
// gives no answer, one call now and then is let through. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/core/clock.h"

namespace multiaz::clients {

constexpr uint64_t kBreakerProbeEveryMs = 250;

class Breaker {
 public:
  // Opens after `open_after_ms` of failures without a success. A failover must take less.
  explicit Breaker(uint64_t open_after_ms) : open_after_ms_(open_after_ms) {}

  // Whether this call may be tried.
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
  // A connection succeeded: that closes the breaker, unless answers were what was missing.
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

// Retries may be a fifth of all requests, and a few more after a quiet time (Finagle's
// RetryBudget), so that a server in trouble does not get more than its usual load.
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
