// The faults of a random run, in one table. Each injects itself and schedules its own end.
#pragma once

#include <string_view>
#include <vector>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

struct Fault {
  std::string_view name;
  uint32_t weight;              // how often, relative to the others
  void (*apply)(World& world);  // draws what it needs from world.fate().draw()
};

const std::vector<Fault>& faults();
// The faults of the liveness mode: they never end by themselves.
const std::vector<Fault>& lasting_faults();
// Picks by weight; in the hunt for a known mistake it favours the faults that show it.
const Fault& pick_fault(Random& draw, bool lasting, Bug bug);

}  // namespace multiaz::replication::sim
