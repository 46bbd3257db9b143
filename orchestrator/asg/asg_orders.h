// The orders that users may give to the Auto Scaling group. kInvalid names what is allowed,
// kConflict what is in the way, kNotFound what exists.
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
  // EnterStandby and ExitStandby. In standby an instance is out of service, not checked and not
  // replaced. With `decrement` the desired capacity falls by one, otherwise another instance is
  // launched; at the exit it rises by one.
  Status set_standby(const std::string& id, bool on, bool decrement);
  Status set_termination(TerminationPolicy policy);
  // TerminateInstanceInAutoScalingGroup.
  Status terminate(const std::string& id, bool decrement);
  // A custom health check: an instance that is set unhealthy is replaced at once.
  Status set_health(const std::string& id, bool healthy);

 private:
  [[nodiscard]] Status find(const std::string& id) const;

  Context& c_;
  Fleet& fleet_;
  AsgGroup& group_;
};

}  // namespace multiaz::orchestrator
