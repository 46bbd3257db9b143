// Time without our own absences: when this process was stopped or starved, everybody else looks
// silent afterwards. The awake clock stands still during such a gap, so every silence is counted
// in time in which we could have heard something. It is never ahead of the monotonic clock, and a
// slow clock is always safe for the configuration manager.
#pragma once

#include "base/core/clock.h"

namespace multiaz::orchestrator {

constexpr Nanos kPause = 200 * kMillisecond;  // between two readings; a tick comes every 20 ms

class AwakeClock {
 public:
  explicit AwakeClock(Nanos monotonic) : last_(monotonic) {}
  // Takes the monotonic time, gives the awake time.
  Nanos read(Nanos monotonic) {
    if (monotonic > last_ && monotonic - last_ > kPause) slept_ += monotonic - last_;
    if (monotonic > last_) last_ = monotonic;
    return last_ - slept_;
  }
  [[nodiscard]] Nanos slept() const { return slept_; }

 private:
  Nanos last_;
  Nanos slept_ = 0;
};

}  // namespace multiaz::orchestrator
