// Adds instances to the plan, and ends those that leave it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orchestrator/asg/asg.h"
#include "orchestrator/control/context.h"

namespace multiaz::orchestrator {

// For so long a leaving instance waits until all load balancers know; then it goes on.
constexpr uint64_t kBalancersToldMsMax = 2000;

class Fleet {
 public:
  explicit Fleet(Context& context) : c_(context) {}

  // The instance is stored in the plan first, so that a restarted orchestrator knows it; the next
  // turn starts it.
  Status add(PlannedInstance planned);
  Status set_asg(PlannedAsg asg);
  // Takes the instance out of the load balancers, ends it and forgets it. It is not replaced.
  void begin_leaving(const std::string& id, const std::string& why);
  // To be called at every tick. `hook` is what an instance waits for before it ends; nullptr:
  // nothing.
  void advance_leaving(const LifecycleHook* hook);
  // While a tier is paused, its instances that have ended are not started.
  void pause_tier(const std::string& tier, bool on);

 private:
  void advance(Instance& one, const LifecycleHook* hook);
  bool await_hook(Instance& one, const LifecycleHook& hook);
  [[nodiscard]] bool balancers_know(uint64_t version) const;
  void forget(const std::string& id);

  Context& c_;
};

}  // namespace multiaz::orchestrator
