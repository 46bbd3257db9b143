// The topology as the daemons are told it.
#pragma once

#include "orchestrator/control/state.h"
#include "orchestrator/faults/fault_table.h"

namespace multiaz::orchestrator {

wire::TopologyUpdate topology_of(const State& state, const FaultTable& faults, Nanos monotonic);

// What the load balancers are told: an instance in its launch hook is not there yet, one that
// leaves or is in a zone that is shifted away takes nothing new.
InstanceState traffic_state(const State& state, const Instance& one);

}  // namespace multiaz::orchestrator
