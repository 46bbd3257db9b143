// How warm the cache in front of the database is, while the load runs: what the web tier says it
// found there, four times a second.
#pragma once

#include <vector>

#include "chaos/cluster.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

// Until the stop; adds nothing where the web tier has no such cache. What an instance counted
// since its last report is gone when it is killed.
rt::Task<void> watch_cache_reads(Cluster& cluster, std::vector<CacheReads>& into, rt::Stop& stop);

}  // namespace multiaz::chaos
