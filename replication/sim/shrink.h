// Makes a plan that breaks a rule smaller, as delta debugging does (Zeller and Hildebrandt, 2002):
// fewer faults, shorter ones, and a simpler world around them.
#pragma once

#include "replication/sim/simulate.h"

namespace multiaz::replication::sim {

struct Shrunk {
  Plan plan;         // the smallest found
  RunResult result;  // of that plan; it breaks the same check, unless the given plan breaks none
  uint64_t runs = 0;
};

// Deterministic. The settings `trace` and `trace_events` count only for the result.
Shrunk shrink(Plan plan, uint64_t runs_max = 5000);

}  // namespace multiaz::replication::sim
