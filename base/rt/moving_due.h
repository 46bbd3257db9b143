// MovingDue: when a deadline is due that is moved far more often than it passes. The timer behind
// it is not moved each time: when it fires early, it starts again for the rest. Pure.
#pragma once

#include <cstdint>

#include "base/core/clock.h"

namespace multiaz::rt {

class MovingDue {
 public:
  // Moves it to `ms` from now. True when the timer has to be started for `ms`; otherwise it runs
  // and fires before.
  bool move(Nanos now, uint64_t ms) {
    due_ = now + ms * kMillisecond;
    if (timer_due_ != 0 && timer_due_ <= due_) return false;
    timer_due_ = due_;
    return true;
  }
  // There is no deadline any more; the timer may run on.
  void clear() { due_ = 0; }
  // The timer does not run any more for this.
  void forget_timer() { timer_due_ = 0; }
  [[nodiscard]] bool timer_runs() const { return timer_due_ != 0; }

  // To be called when the timer has fired. kStartAgain: for left_ms().
  enum class Fired { kNothing, kPassed, kStartAgain };
  Fired fired(Nanos now) {
    timer_due_ = 0;
    if (due_ == 0) return Fired::kNothing;
    if (now >= due_) return Fired::kPassed;
    timer_due_ = due_;
    return Fired::kStartAgain;
  }
  [[nodiscard]] uint64_t left_ms(Nanos now) const { return (due_ - now) / kMillisecond + 1; }

 private:
  Nanos due_ = 0;        // 0 = none
  Nanos timer_due_ = 0;  // when the timer fires; 0 = it does not run
};

}  // namespace multiaz::rt
