// Whether the machine went on: a neighbour on a shared one may take it away for seconds, and then
// no bound on times says anything about the cluster.
#pragma once

#include <vector>

#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

constexpr uint64_t kStandstillMsMin = 100;  // shorter is how a busy machine shares its cores

// Until the stop: notes every time in which this program, which only waits, was given no time.
rt::Task<void> watch_standstills(std::vector<Standstill>& into, rt::Stop& stop);

}  // namespace multiaz::chaos
