// Who is what: roles from the views of the replication groups, and whether every role is filled.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/ec2/instance.h"
#include "orchestrator/plan/plan.h"
#include "replication/core/types.h"

namespace multiaz::orchestrator {

using Views = std::map<std::string, replication::View>;  // by group

// "primary", "standby" (db), "replica"; "" for tiers without a group.
std::string role_of(const Plan& plan, const Views& views, const std::string& id);

// How far an instance is behind its primary, as the primary says. Nothing: it has not heard
// that one yet. 0 for the primary itself and for who is in no group.
std::optional<uint64_t> lag_ms_of(const std::map<std::string, Instance>& instances,
                                  const Views& views, const Instance& one);

struct Health {
  bool healthy = false;              // reasons is empty
  std::vector<std::string> reasons;  // "cache-b1 is starting", "db: db-b1 is not in sync", ...
};
// Every instance ready and well, every group served by its primary, everybody in sync, and nobody
// about to be ended: a tier that is paused is being restored from a snapshot.
Health check_health(const Plan& plan, const std::map<std::string, Instance>& instances,
                    const Views& views, const std::set<std::string>& paused);

}  // namespace multiaz::orchestrator
