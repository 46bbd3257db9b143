// What is done to a simulated world, as data: a seed gives a plan, a plan gives a run. A plan that
// breaks a rule can be made smaller (shrink.h), for each part of it draws from its own seed.
#pragma once

#include "replication/sim/faults.h"

namespace multiaz::replication::sim {

struct RunOptions {
  uint64_t seed = 1;
  Bug bug = Bug::kNone;
  bool liveness = false;  // one fault that never ends: bounded view changes, and progress
  bool trace = false;
  bool events = false;  // every event and effect too
};

// One fault, and the time until the next one.
struct Strike {
  const Fault* fault = nullptr;  // of the table in faults.h
  uint64_t seed = 0;             // of what the fault draws: its victim, its times
  uint32_t scale_percent = 100;  // of its times
  Nanos pause = 0;               // after it
};

struct Plan {
  Settings settings;
  bool liveness = false;
  std::vector<Strike> strikes;  // of lasting_faults() with liveness
};

Plan plan_from(const RunOptions& options);
std::string describe(const Plan& plan);  // some lines: the settings that matter, the faults

}  // namespace multiaz::replication::sim
