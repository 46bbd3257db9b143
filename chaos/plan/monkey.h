// Random faults as scenarios: round after round of faults drawn from a seed, with a bound on how
// many may be in force at once. Pure: the same seed and round give the same plan.
#pragma once

#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

struct MonkeyPlan {
  uint64_t seed = 1;
  uint64_t at_once = 2;        // faults in force at the same time, at most
  uint64_t round_ms = 20'000;  // for the faults of one round; a pause follows
};

// Every fault that may be drawn, at its mildest and at its worst.
std::vector<FaultSpec> monkey_faults();
Scenario monkey_round(const MonkeyPlan& plan, uint64_t round);

}  // namespace multiaz::chaos
