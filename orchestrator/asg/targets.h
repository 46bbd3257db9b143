// How healthy the load balancers find the instances of the Auto Scaling group. Pure.
#pragma once

#include <map>
#include <string>

#include "base/core/clock.h"
#include "base/wire/control_types.h"
#include "orchestrator/ec2/instance.h"

namespace multiaz::orchestrator {

// An instance is well when at least half of the load balancers see it healthy (or there are none),
// and unhealthy when more than half see it unhealthy. Silent and stopped load balancers do not
// count. Returns whether `well` has changed for any instance. `now` is of the awake clock.
bool judge_targets(const std::map<std::string, wire::StatusReport>& reports, Nanos now,
                   std::map<std::string, Instance>& instances);

}  // namespace multiaz::orchestrator
