// The faults of a random run, one table. Each does its harm and arranges its own end.
#pragma once

#include <string_view>
#include <vector>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

struct Fault {
  std::string_view name;
  uint32_t weight;              // how often, relative to the others
  void (*apply)(World& world);  // draws what it needs from world.random()
};

const std::vector<Fault>& faults();
// Draws one by weight, applies it and counts it.
void apply_random_fault(World& world);
// Applied by the liveness mode: never end by themselves.
const std::vector<Fault>& lasting_faults();

}  // namespace multiaz::replication::sim
