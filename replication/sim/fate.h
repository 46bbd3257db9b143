// The random decisions in a simulated world: drawn from its seed, or taken each in turn when all
// orders are explored.
#pragma once

#include "base/core/random.h"
#include "replication/sim/scheduler.h"

namespace multiaz::replication::sim {

class Fate {
 public:
  Fate(uint64_t seed, Scheduler& scheduler) : scheduler_(scheduler), random_(seed) {}

  Random& random() { return random_; }
  bool maybe(uint32_t percent) {
    return scheduler_.choosing() ? scheduler_.choose(2) == 1 : random_.percent(percent);
  }
  uint64_t pick(uint64_t options) {
    return scheduler_.choosing() ? scheduler_.choose(static_cast<uint32_t>(options))
                                 : random_.below(options);
  }

  // A fault draws from its own seed, so that it stays the same when other faults are removed.
  void begin_strike(uint64_t seed, uint32_t scale_percent) {
    draw_ = Random(seed);
    strike_percent_ = scale_percent;
  }
  Random& draw() { return draw_; }
  uint32_t strike_percent() const { return strike_percent_; }

 private:
  Scheduler& scheduler_;
  Random random_;
  Random draw_{0};
  uint32_t strike_percent_ = 100;
};

}  // namespace multiaz::replication::sim
