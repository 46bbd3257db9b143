// When a run may inject faults, and when it has seen enough: later than planned on a slow machine.
#pragma once

#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "chaos/plan/record.h"
#include "chaos/shoppers.h"
#include "chaos/workloads/recorder.h"

namespace multiaz::chaos {

constexpr uint64_t kSteadyMsMax = 10'000;  // then the faults are injected, even without answers
constexpr uint64_t kEnoughMsMax = 10'000;  // then the load ends, and claims are inconclusive

// Waits for the steady state before the experiment: warm_up_ms, and then until everything that
// shoppers do is being answered, and every sort of probe was.
rt::Task<void> warm_up(const RunRecord& record, const Shoppers& shoppers, const Recorder& recorder,
                       rt::Stop& stop);
// Waits quiet_ms, and then until there is something to judge: an order, and operations of every
// probe.
rt::Task<void> quiet_down(const RunRecord& record, const Shoppers& shoppers,
                          const Recorder& recorder, rt::Stop& stop);

}  // namespace multiaz::chaos
