// The faults of a random run, one table. Each does its harm and arranges its own end.
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
// Applied by the liveness mode: never end by themselves.
const std::vector<Fault>& lasting_faults();
// By weight; the hunt for a known mistake leans to where it can be seen.
const Fault& pick_fault(Random& draw, bool lasting, Bug bug);

}  // namespace multiaz::replication::sim
