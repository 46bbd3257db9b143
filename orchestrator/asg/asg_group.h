// The data that the services of the Auto Scaling group share: its settings (kept in the store), its
// activities, and the facts about its instances.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/asg/asg.h"
#include "orchestrator/asg/fleet.h"
#include "orchestrator/control/context.h"

namespace multiaz::orchestrator {

constexpr size_t kActivitiesKept = 100;

// One line of `describe-scaling-activities`.
struct Activity {
  std::string wall, description, cause;
};

struct Bounds {
  std::optional<int64_t> min, desired, max;
};

class AsgGroup {
 public:
  AsgGroup(Context& context, Fleet& fleet) : c_(context), fleet_(fleet) {}
  Status load();
  Status save();
  // Adds an event and an activity.
  void note(const std::string& kind, const std::string& target, const std::string& description,
            const std::string& cause);
  // kInvalid says what is allowed. As in AWS, new bounds move the desired capacity into them.
  Status set_bounds(const Bounds& bounds, const std::string& cause);
  // Ends a lifecycle hook, by an order or because its time is over.
  void end_hook(Instance& one, bool proceed, const std::string& by);

  [[nodiscard]] const PlannedAsg& planned() const { return c_.state.plan.asg; }
  [[nodiscard]] const std::deque<Activity>& activities() const { return activities_; }
  [[nodiscard]] std::string lifecycle_of(const Instance& one) const;
  [[nodiscard]] CapacityMember member_of(const Instance& one) const;
  [[nodiscard]] const LifecycleHook* hook(bool launching) const;  // nullptr: there is none
  [[nodiscard]] bool suspended(const char* process) const {
    return settings.suspended.contains(process);
  }
  // What a refresh has to know about each instance.
  [[nodiscard]] std::vector<RefreshFacts> facts() const;

  AsgState settings;

 private:
  Context& c_;
  Fleet& fleet_;
  std::deque<Activity> activities_;  // the newest is the first
};

}  // namespace multiaz::orchestrator
