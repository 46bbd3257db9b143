// The work of the Auto Scaling group: once a tick it looks at its instances, asks the pure
// functions (capacity, scaling), and carries out their decisions. What a restart loses, it decides
// again from the present state.
#pragma once

#include <string>

#include "orchestrator/asg/asg_group.h"
#include "orchestrator/asg/metrics.h"
#include "orchestrator/asg/refreshes.h"

namespace multiaz::orchestrator {

constexpr uint64_t kLaunchRetryMs = 1000;  // pause after a launch for which no zone had room
constexpr int kTicksAtRest = 5;  // without changes only every fifth tick looks at the group

class AutoScaling {
 public:
  AutoScaling(Context& context, Fleet& fleet, AsgGroup& group, Refreshes& refreshes);
  void tick();
  [[nodiscard]] const ScalingMetrics& metrics() const { return metrics_; }

 private:
  void enter_service();
  bool launch_hook_over(Instance& one);
  void run_schedules();
  void scale();
  void reach_capacity();
  [[nodiscard]] CapacityView view() const;
  [[nodiscard]] bool open(const std::string& zone) const;  // whether it takes launches
  void launch(const CapacityAction& action);

  Context& c_;
  Fleet& fleet_;
  AsgGroup& group_;
  Refreshes& refreshes_;
  AsgMetrics measured_;
  Scaling scaling_;
  ScalingMetrics metrics_;
  int ticks_rested_ = 0;
  Nanos next_period_ = 0;
  Nanos launch_after_ = 0;
};

}  // namespace multiaz::orchestrator
