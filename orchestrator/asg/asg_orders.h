// What people may order of the Auto Scaling group. kInvalid says what is allowed; kConflict what is
// in the way; kNotFound what there is.
#pragma once

#include <string>

#include "orchestrator/asg/asg_group.h"

namespace multiaz::orchestrator {

class AsgOrders {
 public:
  AsgOrders(Context& context, Fleet& fleet, AsgGroup& group)
      : c_(context), fleet_(fleet), group_(group) {}
  Status put_policy(ScalingPolicy policy);
  Status delete_policy(const std::string& name);
  Status put_schedule(ScheduledAction action);
  Status delete_schedule(const std::string& name);
  Status put_hook(LifecycleHook hook);
  Status delete_hook(const std::string& name);
  Status complete_hook(const std::string& id, bool proceed);
  Status suspend(const std::string& process, bool on);
  Status protect(const std::string& id, bool on);
  // EnterStandby and ExitStandby: out of service, unchecked, not replaced; `decrement`: the desired
  // capacity goes down with it, else another one is launched. It goes up by one at the exit.
  Status set_standby(const std::string& id, bool on, bool decrement);
  Status set_termination(TerminationPolicy policy);
  // TerminateInstanceInAutoScalingGroup.
  Status terminate(const std::string& id, bool decrement);
  // A custom health check: what is called unhealthy is replaced at once.
  Status set_health(const std::string& id, bool healthy);

 private:
  [[nodiscard]] Status find(const std::string& id) const;

  Context& c_;
  Fleet& fleet_;
  AsgGroup& group_;
};

}  // namespace multiaz::orchestrator
