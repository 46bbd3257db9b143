// The Auto Scaling group at work: looks at its instances once a tick, asks the pure functions
// (capacity, scaling), and carries out what they say. What it forgets at a restart it decides again
// from what stands.
#pragma once

#include <string>

#include "orchestrator/asg/asg_group.h"
#include "orchestrator/asg/metrics.h"
#include "orchestrator/asg/refreshes.h"

namespace multiaz::orchestrator {

constexpr uint64_t kLaunchRetryMs = 1000;  // after a launch that no zone had room for
constexpr int kTicksAtRest = 5;            // without news it looks only at every fifth tick

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
  [[nodiscard]] bool open(const std::string& zone) const;  // for launches
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
