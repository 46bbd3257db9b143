#include "orchestrator/plan/plan_check.h"

#include <algorithm>
#include <set>

namespace multiaz::orchestrator {

namespace {

Error wrong(std::string text) {
  return Error(Code::kInvalid, std::move(text));
}

Status check_zones(const Plan& plan) {
  if (plan.octet < kOctetMin || plan.octet > kOctetMax) {
    return wrong("\"octet\" is from " + std::to_string(kOctetMin) + " to " +
                 std::to_string(kOctetMax));
  }
  if (plan.zones.empty() || plan.zones.size() > static_cast<size_t>(kZonesMax)) {
    return wrong("there are 1 to " + std::to_string(kZonesMax) + " zones");
  }
  for (size_t i = 0; i < plan.zones.size(); ++i) {
    const std::string expected = std::string("az-") + static_cast<char>('a' + i);
    if (plan.zones[i] != expected) {
      return wrong("zone " + std::to_string(i + 1) + " is \"" + expected + "\"");
    }
  }
  return Status();
}

bool is_zone(const Plan& plan, const std::string& name) {
  const auto& zones = plan.zones;
  return name == kNoZone || std::find(zones.begin(), zones.end(), name) != zones.end();
}

Status check_instances(const Plan& plan) {
  std::set<std::string> ids;
  for (const PlannedInstance& one : plan.instances) {
    if (one.id.empty() || !ids.insert(one.id).second) {
      return wrong("an instance has no name, or \"" + one.id + "\" is there twice");
    }
    if (!is_zone(plan, one.zone)) return wrong(one.id + " is in no zone of the plan");
  }
  return Status();
}

Status check_groups(const Plan& plan) {
  std::set<std::string> names;
  for (const PlannedGroup& group : plan.groups) {
    if (!names.insert(group.name).second) return wrong("group " + group.name + " is there twice");
    std::set<std::string> members;
    for (const GroupMember& member : group.members) {
      const PlannedInstance* one = plan.instance(member.id);
      if (!one || one->tier != group.name || one->zone != member.zone) {
        return wrong("member \"" + member.id + "\" of " + group.name + " is no instance of it");
      }
      if (!members.insert(member.id).second) return wrong(member.id + " is a member twice");
    }
    const bool led = std::any_of(group.members.begin(), group.members.end(),
                                 [](const GroupMember& one) { return one.candidate; });
    if (!led) return wrong("group " + group.name + " has no member that may be its primary");
  }
  return Status();
}

Status check_asg(const PlannedAsg& asg) {
  if (asg.tier.empty() || asg.templates.empty()) return wrong("asg: there is no launch template");
  std::set<uint64_t> versions;
  for (const LaunchTemplate& one : asg.templates) {
    if (!versions.insert(one.version).second) return wrong("asg: a launch template is there twice");
  }
  return Status();
}

}  // namespace

Status check_plan(const Plan& plan) {
  for (const auto check : {check_zones, check_instances, check_groups}) {
    if (Status good = check(plan); !good) return good;
  }
  for (const char* needed : {"api", "control"}) {
    if (!plan.endpoint(needed)) return wrong(std::string("there is no endpoint ") + needed);
  }
  return check_asg(plan.asg);
}

}  // namespace multiaz::orchestrator
