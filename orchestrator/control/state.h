// Everything that the control plane knows, as values. Its services (ec2/, asg/, rds/, zones/)
// change it; everybody else reads it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/sg/security_groups.h"
#include "base/wire/control_types.h"
#include "orchestrator/control/mistakes.h"
#include "orchestrator/ec2/instance.h"
#include "orchestrator/ec2/roles.h"
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

constexpr int kBootBits = 32;  // a topology version is the number of the boot, then a count

struct State {
  Plan plan;
  std::string cluster_id;
  std::map<std::string, Instance> instances;
  // The last launch number of each name, also of those that are forgotten: none is given twice.
  std::map<std::string, uint64_t> launches;
  std::map<std::string, wire::StatusReport> reports;  // of the current launch
  std::map<std::string, Nanos> reported_at;           // CLOCK_MONOTONIC
  Views views;                                        // by group
  std::set<std::string> suspended;                    // processes of Auto Scaling
  std::set<std::string> paused;                       // tiers whose dead stay dead for now
  std::map<std::string, Nanos> holds;   // zone held down -> end on CLOCK_MONOTONIC; 0 = open
  std::map<std::string, Nanos> shifts;  // zone that takes no traffic -> likewise
  std::map<std::string, std::string> settings;  // told with the topology: "dns", ...
  std::vector<sg::Rule> security;
  uint64_t topology_version = 0;
  bool topology_dirty = true;  // the daemons are to be told
  bool fleet_news = true;      // Auto Scaling may have to act
  Nanos suspected_at = 0;      // awake: most of the cluster was silent, so it was us
  bool adopted = false;        // what runs is known
  Mistake mistake = Mistake::kNone;

  [[nodiscard]] const Instance* instance(const std::string& id) const {
    const auto found = instances.find(id);
    return found == instances.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const wire::StatusReport* report(const std::string& id) const {
    const auto found = reports.find(id);
    return found == reports.end() ? nullptr : &found->second;
  }
};

// Every role filled and in sync, and nothing being restored?
Health health_of(const State& state);

}  // namespace multiaz::orchestrator
