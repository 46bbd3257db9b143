// The faults of a simulated world as data: a seed gives a plan, and a plan gives a run. A plan that
// breaks a rule can be made smaller (shrink.h), because each part of it draws from its own seed.
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
  uint64_t seed = 0;             // for the fault's draws: its victim and its times
  uint32_t scale_percent = 100;  // of its times
  Nanos pause = 0;               // after the fault
};

struct Plan {
  Settings settings;
  bool liveness = false;
  std::vector<Strike> strikes;  // of lasting_faults() with liveness
};

Plan plan_from(const RunOptions& options);
std::string describe(const Plan& plan);  // a few lines: the settings that matter and the faults

}  // namespace multiaz::replication::sim
