// The settings of the Auto Scaling group at run time, beside those of the plan (min, desired, max,
// launch templates). They are kept with the orchestrator's state, as JSON.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "orchestrator/asg/capacity.h"
#include "orchestrator/asg/refresh.h"
#include "orchestrator/asg/scaling.h"
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

// The processes that may be suspended, by AWS's names.
std::span<const std::string_view> asg_processes();

struct LifecycleHook {
  std::string name;
  bool launching = true;  // false: terminating
  uint64_t heartbeat_ms = 3'600'000;
  bool continue_by_default = false;  // at the time-out: CONTINUE, otherwise ABANDON
  bool operator==(const LifecycleHook&) const = default;
};

// At a set time the group gets other bounds or another desired capacity.
struct ScheduledAction {
  std::string name;
  int64_t at_ms = 0;      // wall clock
  uint64_t every_ms = 0;  // 0 = once, or by the cron line
  std::string cron;       // "30 8 * * 1-5", UTC; "" = none
  std::optional<int64_t> min, desired, max;
  bool operator==(const ScheduledAction&) const = default;
};

struct AsgState {
  std::vector<ScalingPolicy> policies;
  std::vector<ScheduledAction> scheduled;
  std::vector<LifecycleHook> hooks;
  std::set<std::string> suspended;   // processes
  std::set<std::string> protected_;  // ids under scale-in protection
  std::set<std::string> standby;     // ids: in the group, out of service, not checked
  TerminationPolicy termination = TerminationPolicy::kDefault;
  uint64_t version = 1;  // of the launch template for new instances
  Refresh refresh;       // the newest one
  bool operator==(const AsgState&) const = default;
};

// The settings at the first start of a cluster.
AsgState first_asg_state(const PlannedAsg& planned);

nlohmann::ordered_json asg_json(const AsgState& state);
std::string asg_to_json(const AsgState& state);
Result<AsgState> asg_from_json(const std::string& text);
// One policy as the API gets it; kInvalid names the key and what is allowed.
Result<ScalingPolicy> read_policy(const nlohmann::ordered_json& from);
Result<ScalingPolicy> policy_from_json(const std::string& text);

// Whether min <= desired <= max, and whether max fits. The texts are AWS's.
Status check_capacity(int64_t min, int64_t desired, int64_t max, int64_t fits);

}  // namespace multiaz::orchestrator
