// Members that come and go: read replicas and cache replicas are added, removed and promoted at run
// time, as RDS and ElastiCache do it.
#pragma once

#include <string>

#include "base/rt/task.h"
#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

constexpr uint64_t kPromoteMs = 60'000;  // for a read replica to catch up and take over

// The status of a database or cache instance in the words of RDS and ElastiCache: "creating"
// "available" "rebooting" "failing-over" "deleting" "stopped" "storage-full" "failed".
std::string aws_status(const Cluster& cluster, const Instance& one);

// Adds a replica to "db" (a read replica) or "cache" (in sync), in that zone or, with "", in the
// one with the fewest members. Gives its id. kInvalid, kLimit.
Result<std::string> add_replica(Cluster& cluster, const std::string& group,
                                const std::string& zone);

// Ends a replica for good; its data goes with it. kConflict: it is the primary, or the last one
// that could be.
Status remove_replica(Cluster& cluster, const std::string& id);

// A read replica becomes a candidate, catches up and takes the primary's role over in order:
// nothing is lost. kTimeout: it did not get so far; it stays a candidate.
rt::Task<Result<std::string>> promote_replica(Cluster& cluster, std::string id);

// A setting of all members of a group, at run time: replicas restart with it first, then the role
// is handed over, then the old primary restarts. `key` is that of cluster.toml: size_mb (db),
// memory_mb (cache). kInvalid names what is allowed.
rt::Task<Result<std::string>> modify_group(Cluster& cluster, std::string group, std::string key,
                                           int64_t value);

}  // namespace multiaz::orchestrator
