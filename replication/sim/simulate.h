// One seed, one run: settings, faults, recovery and verdict, all drawn from the seed.
#pragma once

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

struct RunOptions {
  uint64_t seed = 1;
  Bug bug = Bug::kNone;
  bool liveness = false;  // one fault that never ends: bounded view changes, and progress
  bool trace = false;
  bool events = false;  // every event and effect too
};

struct RunResult {
  Violation violation;  // check empty: the run is good
  std::string trace;
  Coverage coverage;
  Clients::Counts counts;
  uint64_t views = 0;
  Nanos virtual_time = 0;
  bool ok() const { return violation.check.empty(); }
};

RunResult simulate(const RunOptions& options);
Settings settings_from(const RunOptions& options);

constexpr Nanos kRecoveryMax = 60 * kSecond;  // from heal to full redundancy
constexpr Nanos kLastingTime = 30 * kSecond;  // how long a lasting fault is watched
constexpr uint64_t kLastingViewsMax = 24;     // view changes allowed in that time

}  // namespace multiaz::replication::sim
