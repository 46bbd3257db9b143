// The topology that the daemons get.
#pragma once

#include "orchestrator/control/state.h"
#include "orchestrator/faults/fault_table.h"

namespace multiaz::orchestrator {

wire::TopologyUpdate topology_of(const State& state, const FaultTable& faults, Nanos monotonic);

// The state that load balancers see: an instance in its launch hook is still starting, and one that
// leaves is draining. The setting "zones_shifted" says which zones get no new requests.
InstanceState traffic_state(const State& state, const Instance& one);

}  // namespace multiaz::orchestrator
