// One plan gives one run: faults, recovery and a verdict.
#pragma once

#include "replication/sim/plan.h"

namespace multiaz::replication::sim {

struct RunResult {
  Violation violation;  // an empty check: the run is good
  std::string trace;
  Coverage coverage;
  Clients::Counts counts;
  uint64_t views = 0;
  Nanos virtual_time = 0;
  bool ok() const { return violation.check.empty(); }
};

// Heals, and then requires full redundancy, equal logs, and a write that succeeds.
void check_recovery(World& world);
RunResult run_plan(const Plan& plan);
RunResult simulate(const RunOptions& options);  // the plan of that seed

constexpr Nanos kRecoveryMax = 60 * kSecond;  // from heal to full redundancy
constexpr Nanos kLastingTime = 30 * kSecond;  // how long a lasting fault is watched
constexpr uint64_t kLastingViewsMax = 24;     // view changes allowed in that time

}  // namespace multiaz::replication::sim
