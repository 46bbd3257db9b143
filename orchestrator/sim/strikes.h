// The strikes of a simulated cluster, in one table: faults of the machine, and orders of operators.
#pragma once

#include <string_view>
#include <vector>

#include "orchestrator/sim/world.h"

namespace multiaz::orchestrator::sim {

struct Strike {
  std::string_view name;
  uint32_t weight;              // how often, relative to the others
  void (*apply)(World& world);  // draws what it needs from world.random()
  bool orderly = false;         // nothing fails: a deployment during it must succeed
};

const std::vector<Strike>& strikes();
const Strike& pick_strike(Random& random);

}  // namespace multiaz::orchestrator::sim
