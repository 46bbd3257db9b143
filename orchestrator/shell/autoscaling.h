// The Auto Scaling group's shell: looks at the cluster once a tick, asks the pure parts (capacity,
// scaling, refresh), and carries out what they say through Cluster. Keeps its settings in the
// store; whatever it forgets at a restart it decides again from what stands.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/asg/asg.h"
#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

constexpr uint64_t kLaunchRetryMs = 1000;  // after a launch that no zone had room for
constexpr size_t kActivitiesKept = 100;
constexpr int kTicksAtRest = 5;  // without news it looks only at every fifth tick

// One line of `describe-scaling-activities`.
struct Activity {
  std::string wall, description, cause;
};

class AutoScaling {
 public:
  AutoScaling(Cluster& cluster, Store& store);
  Status load();
  void tick();

  // --- orders. kInvalid says what is allowed; kConflict what is in the way.
  struct Bounds {
    std::optional<int64_t> min, desired, max;
  };
  Status set_bounds(const Bounds& bounds, const std::string& cause);
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
  Status set_health(const std::string& id, bool healthy);
  struct Deployment {
    std::optional<std::string> program;
    std::vector<std::string> flags;                         // added to those of the version before
    std::map<std::string, std::optional<std::string>> env;  // no value: removed
    int64_t min_healthy_percent = 100, max_healthy_percent = 120;
    bool auto_rollback = true;
  };
  // A new launch template version and an instance refresh to it. Gives the version.
  Result<uint64_t> deploy(const Deployment& deployment);
  Status cancel_refresh();
  Status roll_back();

  // --- reading
  [[nodiscard]] const AsgState& state() const { return state_; }
  [[nodiscard]] const PlannedAsg& planned() const { return cluster_.plan().asg; }
  [[nodiscard]] const std::deque<Activity>& activities() const { return activities_; }
  [[nodiscard]] const ScalingMetrics& metrics() const { return metrics_; }
  [[nodiscard]] int64_t refresh_percent() const;
  [[nodiscard]] std::string lifecycle_of(const Instance& one) const;

 private:
  struct Counted {
    uint64_t launch = 0, value = 0;
    Nanos at = 0;
  };
  void enter_service();
  void scale();
  void run_schedules();
  void look_at_refresh();
  void reach_capacity();
  void launch(const CapacityAction& action);
  void end_hook(Instance& one, bool proceed, const std::string& who);
  ScalingMetrics measure();
  std::optional<double> rate_of(const std::string& id, const char* counter);
  [[nodiscard]] CapacityMember member_of(const Instance& one, Nanos now) const;
  [[nodiscard]] std::vector<RefreshFacts> facts(Nanos now) const;
  [[nodiscard]] bool has_hook(bool launching) const;
  void start_refresh(uint64_t to, const Deployment& how);
  Status find(const std::string& id) const;
  Status save();
  void note(const std::string& kind, const std::string& target, const std::string& description,
            const std::string& cause);

  Cluster& cluster_;
  Store& store_;
  AsgState state_;
  Scaling scaling_;
  int ticks_rested_ = 0;
  Nanos next_period_ = 0;
  Nanos launch_after_ = 0;
  ScalingMetrics metrics_;
  std::map<std::string, Counted> counted_;  // by instance
  std::deque<Activity> activities_;         // the newest first
};

}  // namespace multiaz::orchestrator
