// Members are added, removed and promoted at run time, as read replicas and cache replicas of RDS
// and ElastiCache are.
#pragma once

#include <string>

#include "base/rt/task.h"
#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

constexpr uint64_t kPromoteMs = 60'000;  // by then a read replica must have become primary

// The status of a database or cache instance by the names of RDS and ElastiCache: "creating"
// "available" "rebooting" "failing-over" "deleting" "stopped" "storage-full" "failed".
std::string aws_status(const Cluster& cluster, const Instance& one);

// Adds a replica to "db" (a read replica) or "cache" (in sync), in that zone or, with "", in the
// zone with the fewest members. Returns its id. kInvalid, kLimit.
Result<std::string> add_replica(Cluster& cluster, const std::string& group,
                                const std::string& zone);

// Ends a replica for good and deletes its data. kConflict: it is the primary, or the last other
// member that could become primary.
Status remove_replica(Cluster& cluster, const std::string& id);

// A read replica becomes a candidate, catches up and takes over the primary's role by a hand-over,
// so that nothing is lost. kTimeout: it did not get so far; it stays a candidate.
rt::Task<Result<std::string>> promote_replica(Cluster& cluster, std::string id);

// Changes a setting of all members of a group at run time: first the replicas restart with it, then
// the role is handed over, then the old primary restarts. `key` is that of cluster.toml: size_mb
// (db), memory_mb (cache). kInvalid names what is allowed.
rt::Task<Result<std::string>> modify_group(Cluster& cluster, std::string group, std::string key,
                                           int64_t value);

}  // namespace multiaz::orchestrator
