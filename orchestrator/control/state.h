// Everything that the control plane knows, as values. Its services (ec2/, asg/, rds/, zones/)
// change it; all other code only reads it.
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

// A topology version has the number of the boot in its high bits and a count in these bits.
constexpr int kBootBits = 32;

struct State {
  Plan plan;
  std::string cluster_id;
  std::map<std::string, Instance> instances;
  // The last launch number of each name. It stays when an instance is forgotten, because no number
  // may be given twice.
  std::map<std::string, uint64_t> launches;
  std::map<std::string, wire::StatusReport> reports;  // of the current launch
  std::map<std::string, Nanos> reported_at;           // CLOCK_MONOTONIC
  Views views;                                        // by group
  std::set<std::string> suspended;                    // processes of Auto Scaling
  std::set<std::string> paused;         // tiers whose ended instances are not started for now
  std::map<std::string, Nanos> holds;   // zone held down -> end on CLOCK_MONOTONIC; 0 = open
  std::map<std::string, Nanos> shifts;  // zone without traffic -> end, likewise
  std::map<std::string, std::string> settings;  // sent with the topology: "dns", ...
  std::vector<sg::Rule> security;
  uint64_t topology_version = 0;
  bool topology_dirty = true;  // the daemons must get the topology
  bool fleet_news = true;      // Auto Scaling may have to act
  // The last awake time when most of the cluster was silent, which is this side's fault; 0 = never.
  Nanos suspected_at = 0;
  bool adopted = false;             // it is known which processes run
  std::set<std::string> strangers;  // running processes that the plan, an older copy, does not know
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

// Whether every role is filled and in sync, and no group is being restored.
Health health_of(const State& state);

}  // namespace multiaz::orchestrator
