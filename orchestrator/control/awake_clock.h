// Time without the absences of this process. After it was stopped, starved or busy with a backlog,
// all instances look silent. The awake clock is wound at every tick, and a late tick winds it by no
// more than kWindMax, so silence is counted only in time in which a report could have been
// received, and many short absences do not add up to one silence. The clock is never ahead of the
// monotonic clock, and a slow clock is always safe for the configuration manager. It never stands
// still, so a starved orchestrator finds ended instances later, but finds them.
#pragma once

#include <algorithm>

#include "base/core/clock.h"

namespace multiaz::orchestrator {

constexpr uint64_t kTickMs = 20;
constexpr Nanos kWindMax = 3 * Nanos{kTickMs} * kMillisecond;

class AwakeClock {
 public:
  explicit AwakeClock(Nanos monotonic) : wound_at_(monotonic) {}
  // To be called at every tick.
  void wind(Nanos monotonic) {
    if (monotonic <= wound_at_) return;
    const Nanos since = monotonic - wound_at_;
    if (since > kWindMax) slept_ += since - kWindMax;
    wound_at_ = monotonic;
  }
  // Converts monotonic time to awake time. Work between two ticks does not move the awake time on,
  // however long it takes.
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
