// Instances that come into the plan and those that leave it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/asg/asg.h"
#include "orchestrator/control/context.h"

namespace multiaz::orchestrator {

constexpr uint64_t kBalancersToldMsMax = 2000;  // a silent load balancer does not keep anybody

class Fleet {
 public:
  explicit Fleet(Context& context) : c_(context) {}

  // In the plan before anything else, so that a restart knows it; started at the next turn.
  Status add(PlannedInstance planned);
  Status set_asg(PlannedAsg asg);
  // Out of the load balancers, then ended and forgotten; replaced by nobody.
  void begin_leaving(const std::string& id, const std::string& why);
  // Every tick. `hook`: what an instance waits for before it ends; nullptr: nothing.
  void advance_leaving(const LifecycleHook* hook);
  // Dead instances of that tier are not started, until further notice.
  void pause_tier(const std::string& tier, bool on);

 private:
  void advance(Instance& one, const LifecycleHook* hook);
  bool await_hook(Instance& one, const LifecycleHook& hook);
  [[nodiscard]] bool balancers_know(uint64_t version) const;
  void forget(const std::string& id);

  Context& c_;
};

}  // namespace multiaz::orchestrator
