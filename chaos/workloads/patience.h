// How long the last readings wait for a cluster that says nothing: each of them is tried many
// times, and there are many, so a hung tier would hold a run for hours.
#pragma once

#include "base/core/clock.h"

namespace multiaz::chaos {

constexpr uint64_t kSilentMsMax = 15'000;  // without one answer; then what is unread stays so

class Patience {
 public:
  [[nodiscard]] bool goes_on() const {
    return monotonic_now() < heard_at_ + kSilentMsMax * kMillisecond;
  }
  void heard() { heard_at_ = monotonic_now(); }

 private:
  Nanos heard_at_ = monotonic_now();
};

}  // namespace multiaz::chaos
