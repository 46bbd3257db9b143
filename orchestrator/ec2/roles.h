// The roles of instances, from the views of the replication groups, and whether every role is
// filled.
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

// How far an instance is behind its primary, as the primary reports it. Nothing is returned while
// the primary has not heard from it, and 0 for the primary itself and for an instance in no group.
std::optional<uint64_t> lag_ms_of(const std::map<std::string, Instance>& instances,
                                  const Views& views, const Instance& one);

struct Health {
  bool healthy = false;              // reasons is empty
  std::vector<std::string> reasons;  // "cache-b1 is starting", "db: db-b1 is not in sync", ...
};
// The cluster is healthy when every instance is ready and well, every group is served by its
// primary, every member is in sync, and no tier is paused: a paused tier is being restored from a
// snapshot, so its instances are about to be ended.
Health check_health(const Plan& plan, const std::map<std::string, Instance>& instances,
                    const Views& views, const std::set<std::string>& paused);

}  // namespace multiaz::orchestrator
