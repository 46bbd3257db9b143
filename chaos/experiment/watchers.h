// What is watched beside the load, until the stop: whether the machine goes on, and how warm the
// cache in front of the database is.
#pragma once

#include <vector>

#include "chaos/cluster.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

constexpr uint64_t kStandstillMsMin = 100;  // shorter is how a busy machine shares its cores

// A neighbour on a shared machine may take it away for seconds, and then no bound on times says
// anything about the cluster: notes every time in which this program, which only waits, was given
// no time.
rt::Task<void> watch_standstills(std::vector<Standstill>& into, rt::Stop& stop);

// What the web tier says it found there, four times a second; adds nothing where the web tier has
// no such cache. What an instance counted since its last report is gone when it is killed.
rt::Task<void> watch_cache_reads(Cluster& cluster, std::vector<CacheReads>& into, rt::Stop& stop);

}  // namespace multiaz::chaos
