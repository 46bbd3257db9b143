// The faults of one round, each by its trigger, until all of them are healed.
#pragma once

#include "chaos/experiment/round.h"

namespace multiaz::chaos {

// Adds the scenario's faults to the record and lets them strike: at their times after `from`, or
// when what they wait for happens. Late ones end at the plan's deadline.
rt::Task<void> strike_all(Testbed& testbed, const RoundPlan& plan, Nanos from, RunRecord& record);

}  // namespace multiaz::chaos
