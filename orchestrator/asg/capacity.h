// How many instances an Auto Scaling group has in which zone: from its present state follows which
// to launch and which to terminate. A pure function; called again and again, it reaches the desired
// capacity in a bounded number of steps and then changes nothing more.
//
// It follows EC2 Auto Scaling. Launches go to the zone with the fewest instances. Scale-in takes
// from the zone with the most, and there by termination policy. An unbalanced group is rebalanced
// by launching before terminating, at most max(10 %, 1) above the desired capacity. The instances
// of a lost zone are given up and launched elsewhere. An instance refresh renews instances in the
// same way.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"

namespace multiaz::orchestrator {

struct CapacityMember {
  std::string id, zone;
  bool running = false;     // a process of it exists
  bool in_service = false;  // ready, and healthy for the load balancers
  bool warm = false;        // in service for at least the warm-up time
  bool leaving = false;     // being terminated
  bool is_protected = false;
  uint64_t version = 1;  // of the launch template
  Nanos launched_at = 0;
};

enum class TerminationPolicy { kDefault, kOldestInstance, kNewestInstance };
std::string_view to_string(TerminationPolicy policy);

struct Renewal {  // the settings of an instance refresh
  bool under_way = false;
  int64_t min_healthy_percent = 100, max_healthy_percent = 120;
};

struct CapacityView {
  int64_t desired = 0;
  std::vector<std::string> zones;   // where instances may be launched, in order
  std::set<std::string> lost;       // zones in which nothing can run
  std::set<std::string> suspended;  // "Launch", "Terminate", "AZRebalance", ...
  std::vector<CapacityMember> members;
  TerminationPolicy policy = TerminationPolicy::kDefault;
  uint64_t version = 1;  // of the launch template for new instances
  Renewal renewal;
};

struct CapacityAction {
  enum class Kind { kLaunch, kTerminate };
  Kind kind;
  std::string zone;  // kLaunch
  std::string id;    // kTerminate
  std::string reason;
  bool operator==(const CapacityAction&) const = default;
};

std::vector<CapacityAction> plan_capacity(const CapacityView& view);

}  // namespace multiaz::orchestrator
