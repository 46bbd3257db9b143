// A scenario's [workload] put on a cluster: who shops how, and the probes beside.
#pragma once

#include "chaos/shoppers.h"
#include "chaos/workloads/probes.h"

namespace multiaz::chaos {

// Shoppers as the workload says; a caller may change what a scenario has no word for.
ShopperConfig shopper_config(const Cluster& cluster, const Workload& workload, uint64_t seed);

// Spawns the probes of every tier; they end when the nursery is stopped.
void start_probes(rt::Nursery& nursery, const Cluster& cluster, const Workload& workload,
                  uint64_t seed, Recorder& recorder);
// Reads all their keys once more, through primaries that are well.
rt::Task<void> read_probes(const Cluster& cluster, const Workload& workload, Recorder& recorder);

}  // namespace multiaz::chaos
