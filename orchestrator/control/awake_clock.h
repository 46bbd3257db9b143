// Time without our own absences: when this process was stopped, starved or busy with a backlog,
// everybody else looks silent afterwards. The awake clock is wound at every tick, and a tick that
// comes late winds it by no more than kWindMax: every silence is counted in time in which we could
// have heard something, and many short absences do not add up to one. It is never ahead of the
// monotonic clock, and a slow clock is always safe for the configuration manager; it still goes,
// so that a starved one finds the dead later, not never.
#pragma once

#include <algorithm>

#include "base/core/clock.h"

namespace multiaz::orchestrator {

constexpr uint64_t kTickMs = 20;
constexpr Nanos kWindMax = 3 * Nanos{kTickMs} * kMillisecond;

class AwakeClock {
 public:
  explicit AwakeClock(Nanos monotonic) : wound_at_(monotonic) {}
  // At every tick.
  void wind(Nanos monotonic) {
    if (monotonic <= wound_at_) return;
    const Nanos since = monotonic - wound_at_;
    if (since > kWindMax) slept_ += since - kWindMax;
    wound_at_ = monotonic;
  }
  // Takes the monotonic time, gives the awake time. What is handled between two ticks, however
  // long it takes, does not move it on.
  [[nodiscard]] Nanos read(Nanos monotonic) const {
    const Nanos since = monotonic > wound_at_ ? monotonic - wound_at_ : 0;
    return wound_at_ - slept_ + std::min(since, kWindMax);
  }
  [[nodiscard]] Nanos slept() const { return slept_; }

 private:
  Nanos wound_at_;
  Nanos slept_ = 0;
};

}  // namespace multiaz::orchestrator
