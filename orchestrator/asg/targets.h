// What the load balancers think of the instances of the Auto Scaling group. Pure.
#pragma once

#include <map>
#include <string>

#include "base/core/clock.h"
#include "base/wire/control_types.h"
#include "orchestrator/ec2/instance.h"

namespace multiaz::orchestrator {

// An instance is well when at least half of the load balancers see it healthy (or there are none),
// condemned when more than half see it unhealthy. Silent and stopped load balancers do not count.
// True when an instance is well now that was not, or the other way round. `now`: awake.
bool judge_targets(const std::map<std::string, wire::StatusReport>& reports, Nanos now,
                   std::map<std::string, Instance>& instances);

}  // namespace multiaz::orchestrator
