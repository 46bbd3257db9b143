// The fleet changes: instances that come into the plan and those that leave it.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>

#include "base/core/log.h"
#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kBalancersToldMsMax = 2000;  // a silent load balancer does not keep anybody

struct Votes {
  size_t looks = 0, healthy = 0, unhealthy = 0;
  uint64_t requests = 0, errors_5xx = 0;
  std::string reason;
};

}  // namespace

Status Cluster::save_plan() {
  return store_.set_meta("plan", plan_to_json(plan_));
}

Status Cluster::add_instance(PlannedInstance planned) {
  const std::string id = planned.id;
  // Beside its own tier, so that lists stay in order.
  auto place = plan_.instances.end();
  for (auto at = plan_.instances.begin(); at != plan_.instances.end(); ++at) {
    if (at->tier == planned.tier) place = at + 1;
  }
  const auto index = place - plan_.instances.begin();
  plan_.instances.insert(place, planned);
  const Status saved = save_plan();
  if (!saved) {
    plan_.instances.erase(plan_.instances.begin() + index);
    return saved;
  }
  // A name that was used before goes on with its launch numbers.
  const auto launches = store_.launches();
  Instance one = fresh(planned);
  if (launches && launches->contains(id)) one.launch = launches->at(id);
  instances_[id] = std::move(one);
  topology_changed();
  return Status();
}

PlannedGroup& Cluster::planned_group(const std::string& name) {
  for (PlannedGroup& group : plan_.groups) {
    if (group.name == name) return group;
  }
  CHECK_NOTE(false, "no group " + name);
}

Status Cluster::add_member(PlannedInstance planned, bool candidate) {
  PlannedGroup& group = planned_group(planned.tier);
  group.members.push_back({planned.id, planned.zone, candidate});
  const std::string name = group.name;
  const Status added = add_instance(std::move(planned));
  if (!added) {
    group.members.pop_back();
    return added;
  }
  groups_.at(name)->members_changed(awake_now());
  return Status();
}

// The view first: an orchestrator that dies in between finds the member in its plan, and takes it
// back as a learner.
Status Cluster::remove_member(const std::string& id) {
  PlannedGroup& group = planned_group(instances_.at(id).tier);
  std::erase_if(group.members, [&](const GroupMember& one) { return one.id == id; });
  groups_.at(group.name)->members_changed(awake_now());
  const Status saved = save_plan();
  if (!saved) log::warn("the plan is not saved: " + saved.error().text());
  begin_leaving(id, "removed");
  return Status();
}

Status Cluster::make_candidate(const std::string& id) {
  PlannedGroup& group = planned_group(instances_.at(id).tier);
  for (GroupMember& one : group.members) {
    if (one.id == id) one.candidate = true;
  }
  const Status saved = save_plan();
  if (saved) groups_.at(group.name)->members_changed(awake_now());
  return saved;
}

Status Cluster::set_member_flag(const std::string& group, const std::string& flag,
                                const std::string& value) {
  for (PlannedInstance& one : plan_.instances) {
    if (one.tier != group) continue;
    for (size_t i = 0; i + 1 < one.flags.size(); ++i) {
      if (one.flags[i] == flag) one.flags[i + 1] = value;
    }
  }
  return save_plan();
}

Status Cluster::set_asg(PlannedAsg asg) {
  std::swap(plan_.asg, asg);
  const Status saved = save_plan();
  if (!saved) std::swap(plan_.asg, asg);
  fleet_news_ = true;
  return saved;
}

void Cluster::set_suspended(std::set<std::string> processes) {
  suspended_ = std::move(processes);
  fleet_news_ = true;
}

void Cluster::pause_tier(const std::string& tier, bool on) {
  if (on)
    paused_.insert(tier);
  else
    paused_.erase(tier);
  for (auto& [id, one] : instances_) {
    if (one.tier == tier && !one.running()) one.next_start_at = 0;
  }
  reconcile_later();
}

void Cluster::topology_changed() {
  topology_dirty_ = true;
  fleet_news_ = true;
  reconcile_later();
}

void Cluster::set_setting(const std::string& key, std::string value) {
  settings_[key] = std::move(value);
  topology_changed();
}

void Cluster::set_security(std::vector<sg::Rule> rules) {
  security_ = std::move(rules);
  topology_changed();
}

// A zonal shift as ARC's: what runs there goes on, but no new connection and no new instance comes.
void Cluster::shift_zone(const std::string& zone, uint64_t for_ms, const std::string& why) {
  shifts_[zone] = for_ms == 0 ? 0 : monotonic_now() + for_ms * kMillisecond;
  save_shifts();
  event("orchestrator", "zone-shift", zone, "traffic is shifted away: " + why);
  topology_changed();
}

void Cluster::unshift_zone(const std::string& zone, const std::string& why) {
  if (shifts_.erase(zone) == 0) return;
  save_shifts();
  event("orchestrator", "zone-unshift", zone, "takes traffic again: " + why);
  topology_changed();
}

// Web instances are not counted: Auto Scaling moves them, so a zone without any shows no signs.
void Cluster::shift_by_signs() {
  std::map<std::string, ZoneSigns> zones;
  for (const std::string& zone : plan_.zones) zones[zone];
  for (const auto& [id, one] : instances_) {
    const auto found = zones.find(one.zone);
    if (found == zones.end() || one.scaled.on) continue;
    ++found->second.instances;
    const bool well = one.state == InstanceState::kReady && !one.silent && !one.stopped;
    if (!well) ++found->second.impaired;
  }
  for (const Autoshift::Change& change : autoshift_.step(awake_now(), zones)) {
    // With an end, so that an orchestrator that starts anew does not inherit it for ever.
    constexpr uint64_t kAutoshiftMs = 600'000;
    if (change.away)
      shift_zone(change.zone, kAutoshiftMs, change.why);
    else
      unshift_zone(change.zone, change.why);
  }
}

void Cluster::save_shifts() {
  const Status saved = store_.set_zone_shifts(shifts_);
  if (!saved) log::warn("zone shifts are not saved: " + saved.error().text());
}

void Cluster::forget(const std::string& id) {
  std::erase_if(plan_.instances, [&](const PlannedInstance& one) { return one.id == id; });
  const Status saved = save_plan();
  if (!saved) log::warn("the plan is not saved: " + saved.error().text());
  event("orchestrator", "terminated", id, "Terminated");
  std::error_code gone;  // an instance that comes back under this name is a new one
  std::filesystem::remove_all(folders_.run + "/data/" + id, gone);
  instances_.erase(id);
  reports_.erase(id);
  reported_at_.erase(id);
  topology_changed();
  changes_.notify_all();
}

void Cluster::begin_leaving(const std::string& id, const std::string& why) {
  Instance& one = instances_.at(id);
  if (one.scaled.leaving.on) return;
  Leaving& leaving = one.scaled.leaving;
  leaving.on = true;
  leaving.why = why;
  leaving.since = awake_now();
  one.scaled.hook_until = 0;
  push_topology();  // now: the wait for the load balancers counts from here
  leaving.drained_by = topology_version_;
  fleet_news_ = true;
}

bool Cluster::balancers_know(uint64_t version) const {
  for (const auto& [id, one] : instances_) {
    if (one.tier != "lb" || !one.running() || one.stopped || one.silent) continue;
    const wire::StatusReport* report = this->report(id);
    if (!report || report->topology_version < version) return false;
  }
  return true;
}

void Cluster::advance_leaving(const std::vector<LifecycleHook>& hooks) {
  const LifecycleHook* hook = nullptr;
  for (const LifecycleHook& one : hooks) {
    if (!one.launching) hook = &one;
  }
  std::vector<std::string> over;
  for (auto& [id, one] : instances_) {
    if (!one.scaled.leaving.on) continue;
    if (one.running())
      advance(one, hook);
    else
      over.push_back(id);
  }
  for (const std::string& id : over) forget(id);
}

// Deregister, wait until no load balancer sends anything more, hook, SIGTERM (it finishes what is
// in flight), and SIGKILL when the deregistration delay is over.
void Cluster::advance(Instance& one, const LifecycleHook* hook) {
  const Nanos now = awake_now();
  Leaving& leaving = one.scaled.leaving;
  if (leaving.signalled_at) {
    const uint64_t waited_ms = (now - leaving.signalled_at) / kMillisecond;
    if (waited_ms >= plan_.asg.deregistration_ms && !one.dying) {
      send_signal(one.id, SIGKILL, "the deregistration delay is over");
    }
    return;
  }
  const bool served = one.state == InstanceState::kReady && !one.stopped && !one.silent;
  const bool late = now - leaving.since >= kBalancersToldMsMax * kMillisecond;
  if (served && !late && !balancers_know(leaving.drained_by)) return;
  if (served && hook && !leaving.hook_done) {
    if (one.scaled.hook_until == 0) {
      one.scaled.hook_until = now + hook->heartbeat_ms * kMillisecond;
      event("autoscaling", "lifecycle", one.id,
            "Terminating:Wait: EC2 Instance-terminate Lifecycle Action " + hook->name);
    }
    if (now < one.scaled.hook_until) return;
    leaving.hook_done = true;
  }
  one.scaled.hook_until = 0;
  leaving.signalled_at = now;
  // One that hangs or never got so far has nothing to finish.
  send_signal(one.id, served ? SIGTERM : SIGKILL, "leaving: " + leaving.why);
}

// What the load balancers think of each instance: well when half of them see it healthy,
// condemned when more than half see it unhealthy.
void Cluster::judge_targets() {
  std::map<std::string, Votes> votes;
  size_t balancers = 0;
  for (const auto& [id, report] : reports_) {
    const auto found = instances_.find(id);
    if (found == instances_.end() || found->second.tier != "lb" || found->second.silent ||
        found->second.stopped) {
      continue;
    }
    ++balancers;
    for (const wire::TargetStatus& target : report.targets) {
      Votes& mine = votes[target.id];
      ++mine.looks;
      if (target.health == "healthy") ++mine.healthy;
      if (target.health == "unhealthy") {
        ++mine.unhealthy;
        mine.reason = target.reason;
      }
      mine.requests += target.requests;
      mine.errors_5xx += target.errors_5xx;
    }
  }
  for (auto& [id, one] : instances_) {
    if (!one.scaled.on || !one.running()) continue;
    const auto found = votes.find(id);
    const Votes mine = found == votes.end() ? Votes() : found->second;
    Scaled& scaled = one.scaled;
    const bool well = balancers == 0 || mine.healthy * 2 >= balancers;
    fleet_news_ = fleet_news_ || well != scaled.well;
    scaled.well = well;
    const bool condemned = mine.unhealthy * 2 > balancers;
    scaled.unhealthy = condemned ? mine.reason : std::string();
    if (!condemned) scaled.unhealthy_since = 0;
    if (condemned && scaled.unhealthy_since == 0) scaled.unhealthy_since = awake_now();
    scaled.requests = mine.requests;
    scaled.errors_5xx = mine.errors_5xx;
  }
}

}  // namespace multiaz::orchestrator
