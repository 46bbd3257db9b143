// Carries decisions out: starts, kills, holds; and tells everybody the topology.
#include <sys/stat.h>

#include <csignal>
#include <map>
#include <memory>
#include <set>

#include "base/agent/faults_taken.h"
#include "base/core/log.h"
#include "base/rt/fabric.h"
#include "base/rt/loop.h"
#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

void Cluster::reconcile_later() {
  // Before adopt() it is not known what runs, and everything would be started a second time.
  if (reconcile_due_ || !adopted_) return;
  reconcile_due_ = true;
  rt::defer([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) reconcile();
  });
}

void Cluster::reconcile() {
  reconcile_due_ = false;
  std::set<std::string> zones_down;
  for (const auto& [zone, until] : holds_) zones_down.insert(zone);
  Limits limits;
  limits.silence_ms = plan_.silence_ms;
  limits.replace_hung_after_ms = plan_.replace_hung_after_ms;
  limits.replace_unhealthy_after_ms = plan_.asg.replace_unhealthy_after_ms;
  limits.grace_ms = plan_.asg.grace_ms;
  std::map<std::string, uint64_t> to_launch;
  const Snapshot snapshot{awake_now(), limits, instances_, zones_down, suspended_, paused_};
  for (const Action& action : decide(snapshot)) carry_out(action, to_launch);
  if (!to_launch.empty()) launch(to_launch);
  if (topology_dirty_) push_topology();
}

void Cluster::carry_out(const Action& action, std::map<std::string, uint64_t>& to_launch) {
  Instance& one = instances_[action.id];
  switch (action.kind) {
    case Action::Kind::kStart:
      to_launch[one.id] = one.launch + 1;
      if (one.launch > 0) event("orchestrator", "replace", one.id, action.reason);
      return;
    case Action::Kind::kKill:
      event("orchestrator", "kill", one.id, action.reason);
      send_signal(one.id, SIGKILL, action.reason);
      return;
    case Action::Kind::kHold:
      move(one, InstanceState::kHeld);
      event("orchestrator", "hold", one.id, "not replaced: " + action.reason);
      topology_dirty_ = true;
      return;
    case Action::Kind::kRelease:
      move(one, InstanceState::kDead);
      reconcile_later();
      return;
    case Action::Kind::kCallSilent:
      one.silent = true;
      event("orchestrator", "silent", one.id, action.reason);
      return;
  }
}

// The numbers are written before the processes exist, so that no number is ever given twice.
void Cluster::launch(const std::map<std::string, uint64_t>& launches) {
  const Status saved = store_.set_launches(launches);
  if (!saved) {
    log::warn("nothing is started: " + saved.error().text());
    return;  // tried again at the next tick
  }
  for (const auto& [id, number] : launches) {
    Instance& one = instances_[id];
    started(one, number, awake_now());
    one.process_since = monotonic_now();
    topology_dirty_ = true;
    auto spawn = command(*plan_.instance(id), number);
    if (!spawn) {
      event("orchestrator", "start-failed", id, spawn.error().detail);
      call_dead(one);
      continue;
    }
    nursery_.spawn("start " + id, watch_spawn(id, number, hardware_.spawn(std::move(*spawn))));
  }
}

Result<wire::Spawn> Cluster::command(const PlannedInstance& planned, uint64_t launch) const {
  const PlannedEndpoint* control = plan_.endpoint("control");
  wire::Spawn spawn;
  spawn.id = planned.id;
  spawn.launch = launch;
  spawn.log_path = folders_.run + "/logs/" + planned.id + ".log";
  spawn.cwd = planned.cwd.empty() ? folders_.run : planned.cwd;
  set_limits(planned, spawn);
  for (const auto& [name, text] : planned.env) {
    const auto value = fill_in(secrets_, text);
    if (!value) return value.error();
    spawn.env[name] = *value;
  }
  // We cannot know what somebody else's program starts.
  spawn.kept = is_kept(planned);
  if (planned.foreign) {
    command_foreign(planned, spawn);
    return spawn;
  }
  // A name beside ours, or the path of somebody's own program (a deployment).
  const bool path = planned.program.starts_with('/');
  spawn.argv = {path ? planned.program : folders_.bin + "/" + planned.program,
                "--id",
                planned.id,
                "--zone",
                planned.zone,
                "--address",
                planned.address,
                "--control",
                control->address + ":" + std::to_string(control->port),
                "--launch",
                std::to_string(launch)};
  if (planned.keeps_data) {
    const std::string data = folders_.run + "/data/" + planned.id;
    mkdir((folders_.run + "/data").c_str(), 0700);
    mkdir(data.c_str(), 0700);
    spawn.argv.insert(spawn.argv.end(), {"--data", data});
  }
  spawn.argv.insert(spawn.argv.end(), planned.flags.begin(), planned.flags.end());
  for (const std::string& name : planned.listen) {
    if (plan_.endpoint(name)) spawn.listen.push_back(name);  // an optional one may be absent
  }
  spawn.env["MULTIAZ_CLUSTER"] = secrets_.cluster_id;
  spawn.env["MULTIAZ_KEY"] = secrets_.key;
  for (const std::string& name : planned.secrets) {
    const auto value = fill_in(secrets_, "${" + name + "}");
    if (!value) return value.error();
    spawn.env[environment_name(name)] = *value;
  }
  return spawn;
}

bool Cluster::is_kept(const PlannedInstance& planned) {
  return planned.foreign || planned.program.starts_with('/');
}

// Twelve-factor: everything by the environment.
void Cluster::command_foreign(const PlannedInstance& planned, wire::Spawn& spawn) const {
  spawn.argv = {planned.program};
  spawn.argv.insert(spawn.argv.end(), planned.flags.begin(), planned.flags.end());
  spawn.env["PORT"] = std::to_string(planned.port);
  spawn.env["HOST"] = planned.address;
  spawn.env["INSTANCE_ID"] = planned.id;
  spawn.env["ZONE"] = planned.zone;
}

void Cluster::set_limits(const PlannedInstance& planned, wire::Spawn& spawn) const {
  const auto limits = plan_.limits.find(planned.tier);
  if (limits == plan_.limits.end()) return;
  spawn.cpu_percent = limits->second.cpu_percent;
  spawn.memory_mb = limits->second.memory_mb;
}

rt::Task<void> Cluster::watch_spawn(std::string id, uint64_t launch, Hardware::CallPtr call) {
  const Status started = co_await Hardware::finish(call);
  const auto found = instances_.find(id);
  if (found == instances_.end()) co_return;  // forgotten meanwhile
  Instance& one = found->second;
  if (one.launch != launch || !one.running()) co_return;  // it has ended already
  if (started) {
    one.pid = call->done->pid;
    one.keeper = call->done->keeper;
    if (one.mute && one.state == InstanceState::kStarting) {
      move(one, InstanceState::kReady);  // as far as we can tell; the load balancers look
      ports_next_at_ = 0;                // and so do we, at once: `up` waits for it
      topology_changed();
    }
    if (!call->done->error.empty()) event("supervisor", "no-limits", id, call->done->error);
    co_return;
  }
  event("supervisor", "start-failed", id, started.error().detail);
  call_dead(one);
  reconcile_later();
}

Hardware::CallPtr Cluster::send_signal(const std::string& id, int signum, const std::string& why) {
  Instance& one = instances_[id];
  if (signum == SIGKILL) one.dying = true;
  if (signum == SIGSTOP) {
    one.stopped = true;
    one.stopped_at = awake_now();
  }
  if (signum == SIGCONT) {
    one.stopped = false;
    one.heard_at = awake_now();  // it had no chance to speak
  }
  log::info("signal " + std::to_string(signum) + " to " + id + ": " + why);
  return hardware_.signal(id, one.launch, signum);
}

void Cluster::hold_zone(const std::string& zone, uint64_t for_ms) {
  fleet_news_ = true;
  holds_[zone] = for_ms == 0 ? 0 : monotonic_now() + for_ms * kMillisecond;
  save_holds();
}

void Cluster::release_zone(const std::string& zone, const std::string& why) {
  if (holds_.erase(zone) == 0) return;
  fleet_news_ = true;
  save_holds();
  event("orchestrator", "zone-up", zone, "may start instances again: " + why);
  for (auto& [id, one] : instances_) {
    if (one.zone == zone && !one.running()) one.next_start_at = 0;
  }
  reconcile_later();
}

void Cluster::save_holds() {
  const Status saved = store_.set_zone_holds(holds_);
  if (!saved) log::warn("zone holds are not saved: " + saved.error().text());
}

Result<Fault> Cluster::add_fault(Fault fault) {
  auto added = faults_.add(std::move(fault));
  if (added) push_topology();
  return added;
}

std::vector<Fault> Cluster::heal(const std::string& id, const std::string& why) {
  std::vector<Fault> healed = faults_.heal(id);
  for (const Fault& fault : healed) {
    event("api", "heal", fault.id, fault.kind + " " + fault.a + " " + fault.b + ": " + why);
  }
  if (!healed.empty()) push_topology();
  return healed;
}

Result<std::vector<std::string>> Cluster::resolve(std::string_view target) {
  const Views views = this->views();
  std::vector<Candidate> candidates;
  for (const auto& [id, one] : instances_) {
    candidates.push_back({id, one.tier, one.zone, role_of(plan_, views, id), one.running()});
  }
  return resolve_target(target, candidates, picks_++);
}

// What the load balancers are told: an instance in its launch hook is not there yet, one that
// leaves or is in a zone that is shifted away takes nothing new.
InstanceState Cluster::traffic_state(const Instance& one) const {
  if (one.state != InstanceState::kReady || !one.scaled.on) return one.state;
  if (one.port_taken) return InstanceState::kStarting;  // who answers there is not it
  const bool out = one.scaled.leaving.on || one.scaled.standby || shifts_.contains(one.zone);
  if (out) return InstanceState::kDraining;
  const bool kept_out = suspended_.contains("AddToLoadBalancer") && one.scaled.in_service_at == 0;
  return !one.scaled.launch_hook_done || kept_out ? InstanceState::kStarting : one.state;
}

wire::TopologyUpdate Cluster::topology() const {
  wire::TopologyUpdate update;
  update.version = topology_version_;
  update.cluster = secrets_.cluster_id;
  const Views views = this->views();
  for (const auto& [id, one] : instances_) {
    wire::InstanceInfo info;
    info.id = id;
    info.tier = one.tier;
    info.zone = one.zone;
    info.address = one.address;
    info.port = one.port;
    info.role = role_of(plan_, views, id);
    info.state = std::string(to_string(traffic_state(one)));
    update.instances.push_back(std::move(info));
  }
  for (const auto& [name, view] : views) {
    wire::GroupInfo info;
    info.name = name;
    info.epoch = view.epoch.raw;
    info.primary = view.primary.raw;
    for (const replication::MemberRef& member : view.in_sync) info.in_sync.push_back(member.id.raw);
    for (const replication::LearnerRef& one : view.learners) info.learners.push_back(one.id.raw);
    update.groups.push_back(std::move(info));
  }
  update.faults = faults_.to_wire(monotonic_now());
  add_latency(update.faults);
  for (const sg::Rule& one : security_) {
    update.security.push_back({one.group, one.port_low, one.port_high, one.source});
  }
  update.settings = settings_;
  update.settings["profile"] = plan_.profile;
  std::string shifted;
  for (const auto& [zone, until] : shifts_) shifted += (shifted.empty() ? "" : ",") + zone;
  if (!shifted.empty()) update.settings["zones_shifted"] = shifted;
  return update;
}

// The distance between zones is no fault, but it works the same way; nothing heals it.
void Cluster::add_latency(std::vector<wire::FaultInfo>& faults) const {
  constexpr uint64_t kForEverMs = uint64_t{365} * 24 * 3600 * 1000;
  if (plan_.zone_latency_ms == 0) return;
  for (size_t a = 0; a < plan_.zones.size(); ++a) {
    for (size_t b = a + 1; b < plan_.zones.size(); ++b) {
      wire::FaultInfo info;
      info.id = "latency " + plan_.zones[a] + " " + plan_.zones[b];
      info.kind = "delay";
      info.a = zone_block(plan_, a);
      info.b = zone_block(plan_, b);
      info.delay_ms = plan_.zone_latency_ms;
      info.jitter_ms = plan_.zone_jitter_ms;
      info.ttl_ms = kForEverMs;
      faults.push_back(std::move(info));
    }
  }
}

// Links of the control plane are cut at our end.
void Cluster::apply_own_faults() {
  rt::fabric().set_rules(agent::link_rules(faults_.own(monotonic_now())));
}

void Cluster::push_topology() {
  apply_own_faults();
  topology_dirty_ = false;
  ++topology_version_;
  control_.broadcast(topology());
}

}  // namespace multiaz::orchestrator
