// Clients straight at the tiers, without the shop: registers that are written and read, sets that
// are added to and read as a whole. Every written value is unique, so that the history can be
// judged exactly (chaos/checkers/registers.h, sets.h).
#pragma once

#include <string>

#include "base/rt/nursery.h"
#include "chaos/cluster.h"
#include "chaos/plan/scenario.h"
#include "chaos/workloads/recorder.h"

namespace multiaz::chaos {

// Spawns the clients; they end when the nursery is stopped. One file each.
void start_cache_registers(rt::Nursery& nursery, const Cluster& cluster, const Workload& workload,
                           uint64_t seed, Recorder& recorder);
void start_db_probes(rt::Nursery& nursery, const Cluster& cluster, const Workload& workload,
                     uint64_t seed, Recorder& recorder);

// Reads every key once more, through a primary that is well: the end of the history.
rt::Task<void> read_cache_registers(const Cluster& cluster, const Workload& workload,
                                    Recorder& recorder);
rt::Task<void> read_db_probes(const Cluster& cluster, const Workload& workload, Recorder& recorder);

}  // namespace multiaz::chaos
