// Observed beside the load, until the stop: whether the machine gives this program time to run, and
// the hit ratio of the cache in front of the database.
#pragma once

#include <vector>

#include "chaos/cluster.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

constexpr uint64_t kStandstillMsMin = 100;  // a busy machine causes shorter ones anyway

// Another load on a shared machine may take all processor time for seconds, and then no bound on
// times says anything about the cluster. This notes every time in which this program, which only
// waits, could not run.
rt::Task<void> watch_standstills(std::vector<Standstill>& into, rt::Stop& stop);

// Reads the web tier's counters of that cache four times a second; adds nothing where the web tier
// has no such cache. Counts since an instance's last report are lost when it is killed.
rt::Task<void> watch_cache_reads(Cluster& cluster, std::vector<CacheReads>& into, rt::Stop& stop);

}  // namespace multiaz::chaos
