#include "orchestrator/ec2/roles.h"

#include <limits>

namespace multiaz::orchestrator {

namespace {

void check_instance(const Instance& one, std::vector<std::string>& reasons) {
  if (one.stopped)
    reasons.push_back(one.id + " is stopped");
  else if (one.silent)
    reasons.push_back(one.id + " is silent");
  else if (one.state != InstanceState::kReady) {
    reasons.push_back(one.id + " is " + std::string(to_string(one.state)));
  } else if (one.health != "healthy") {
    reasons.push_back(one.id + ": " + (one.health.empty() ? "no report yet" : one.health));
  }
}

const MemberFacts::Peer* peer_of(const Instance& primary, const std::string& id) {
  for (const MemberFacts::Peer& peer : primary.member.peers) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

void check_group(const PlannedGroup& group, const std::map<std::string, Instance>& instances,
                 const replication::View& view, std::vector<std::string>& reasons) {
  const auto primary = instances.find(view.primary.raw);
  if (view.epoch.raw == 0 || primary == instances.end()) {
    reasons.push_back(group.name + " has no primary yet");
    return;
  }
  const MemberFacts& facts = primary->second.member;
  if (!facts.serving || facts.epoch != view.epoch.raw) {
    reasons.push_back(group.name + ": " + primary->first +
                      " does not serve yet as primary of epoch " + std::to_string(view.epoch.raw));
    return;
  }
  for (const GroupMember& member : group.members) {
    if (member.id == primary->first) continue;
    if (member.candidate && !view.in_sync_member(NodeId(member.id))) {
      reasons.push_back(group.name + ": " + member.id + " is not in sync");
      continue;
    }
    const MemberFacts::Peer* peer = peer_of(primary->second, member.id);
    if (!peer || !peer->connected) {
      reasons.push_back(group.name + ": " + member.id + " is not connected to its primary");
    }
  }
}

}  // namespace

std::string role_of(const Plan& plan, const Views& views, const std::string& id) {
  for (const PlannedGroup& group : plan.groups) {
    for (const GroupMember& member : group.members) {
      if (member.id != id) continue;
      const auto view = views.find(group.name);
      if (view != views.end() && view->second.epoch.raw > 0 && view->second.primary.raw == id) {
        return "primary";
      }
      return group.name == "db" && member.candidate ? "standby" : "replica";
    }
  }
  return "";
}

std::optional<uint64_t> lag_ms_of(const std::map<std::string, Instance>& instances,
                                  const Views& views, const Instance& one) {
  const auto view = views.find(one.tier);
  if (view == views.end()) return 0;
  if (view->second.primary.raw == one.id) return 0;
  const auto primary = instances.find(view->second.primary.raw);
  if (primary == instances.end()) return std::nullopt;
  const MemberFacts::Peer* peer = peer_of(primary->second, one.id);
  if (!peer || peer->lag_ms == std::numeric_limits<uint64_t>::max()) return std::nullopt;
  return peer->lag_ms;
}

Health check_health(const Plan& plan, const std::map<std::string, Instance>& instances,
                    const Views& views, const std::set<std::string>& paused) {
  Health health;
  for (const std::string& tier : paused) {
    health.reasons.push_back(tier + " is being restored from a snapshot");
  }
  int64_t scaled = 0;
  for (const auto& [id, one] : instances) {
    if (one.scaled.leaving.on) continue;  // it leaves, so no role depends on it
    check_instance(one, health.reasons);
    if (one.scaled.on) ++scaled;
  }
  if (scaled < plan.asg.desired) {
    health.reasons.push_back(plan.asg.tier + ": " + std::to_string(scaled) + " of " +
                             std::to_string(plan.asg.desired) + " desired instances");
  }
  for (const PlannedGroup& group : plan.groups) {
    const auto view = views.find(group.name);
    check_group(group, instances, view == views.end() ? replication::View() : view->second,
                health.reasons);
  }
  health.healthy = health.reasons.empty();
  return health;
}

}  // namespace multiaz::orchestrator
