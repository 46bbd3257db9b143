#include "orchestrator/sim/checks.h"

#include <algorithm>
#include <csignal>
#include <variant>

#include "orchestrator/sim/world.h"

namespace multiaz::orchestrator::sim {

namespace {

// A process that has said something within this time is not silent, if nothing hindered it.
constexpr Nanos kHeardMax = 500 * kMillisecond;
// Nothing has hindered it for at least this long.
constexpr Nanos kUnhinderedMin = 300 * kMillisecond;
constexpr Nanos kReunion = 300 * kMillisecond;  // until every process can have been heard again
constexpr int64_t kAbovePercentMax = 20;        // of an instance refresh

bool most_are_silent(const State& state) {
  size_t running = 0, silent = 0;
  for (const auto& [id, one] : state.instances) {
    if (!one.running() || one.stopped || one.mute) continue;
    ++running;
    if (one.silent) ++silent;
  }
  return silent > 1 && silent * 2 > running;
}

// The process has spoken since before the control plane last stood still, for long enough.
bool speaks(const Process& process, const World& world) {
  const Nanos now = world.now();
  if (process.unhindered_since > world.control().pause_began() &&
      world.control().pause_began() > 0 && now - world.control().pause_ended() < kUnhinderedMin) {
    return false;
  }
  return process.alive && process.linked && process.said_at > 0 &&
         now - process.said_at < kHeardMax && now - process.unhindered_since > kUnhinderedMin;
}

}  // namespace

void Checks::violate(const std::string& check, const std::string& detail) {
  if (!failed()) violation_ = {check, detail, world_.now()};
}

void Checks::after_step(const State& state) {
  check_zones(state);
  if (most_are_silent(state)) most_silent_at_ = world_.now();
  for (const PlannedGroup& group : state.plan.groups) {
    const bool restoring = !world_.control().plane()->restores.of(group.name).empty();
    if (!restoring || !state.paused.contains(group.name)) continue;
    if (health_of(state).healthy) {
      violate("healthy-while-restoring", group.name + " is being restored from a snapshot");
    }
  }
}

// Nothing is launched above the maximum plus the extra instances that a refresh or a rebalancing
// may have. (A new orchestrator finds instances that were being terminated, and decides again which
// of them it terminates.)
void Checks::check_launch(const State& state) {
  int64_t staying = 0;
  for (const auto& [id, one] : state.instances) {
    if (one.scaled.on && !one.scaled.leaving.on && !one.scaled.standby) ++staying;
  }
  const int64_t above = std::max<int64_t>(1, state.plan.asg.max * kAbovePercentMax / 100);
  if (staying > state.plan.asg.max + above) {
    violate("above-maximum", std::to_string(staying) + " instances, " +
                                 std::to_string(state.plan.asg.max) + " are the maximum");
  }
}

void Checks::check_zones(const State& state) {
  std::map<std::string, int64_t> running;
  for (const auto& [id, process] : world_.machine().processes()) {
    if (process.alive && process.tier == state.plan.asg.tier) ++running[process.zone];
  }
  for (const auto& [zone, count] : running) {
    if (count > kWebPerZoneMax) violate("zone-overfull", zone);
  }
}

void Checks::on(const SignalProcess& e) {
  if (e.signum != SIGKILL || !e.why.starts_with("hung")) return;
  const Process* process = world_.machine().find(e.id);
  if (process && process->launch == e.launch && speaks(*process, world_)) {
    violate("killed-the-living", e.id + ": " + e.why);
  }
  if (process && process->mute) violate("killed-the-living", e.id + " never speaks: " + e.why);
  if (most_silent_at_ > 0 && world_.now() - most_silent_at_ < kReunion) {
    violate("killed-while-most-are-silent", e.id + ": " + e.why);
  }
}

void Checks::view_told(const std::string& group, uint64_t epoch, const std::string& primary) {
  if (epoch == 0) return;
  const auto [known, first] = primaries_.try_emplace({group, epoch}, primary);
  if (known->second != primary) {
    violate("two-primaries-in-a-view",
            group + " epoch " + std::to_string(epoch) + ": " + known->second + " and " + primary);
  }
  const auto stored = world_.memory().group_state(group);
  const auto state = replication::restore_manager_state(stored ? *stored : "");
  if (!state || state->view.epoch.raw < epoch) {
    violate("told-before-stored", group + " epoch " + std::to_string(epoch));
  }
}

void Checks::on(const BroadcastTopology& e) {
  for (const wire::GroupInfo& group : e.topology.groups) {
    view_told(group.name, group.epoch, group.primary);
  }
  std::map<std::string, std::string> primaries;
  for (const wire::InstanceInfo& one : e.topology.instances) {
    if (one.role != "primary") continue;
    const auto [known, first] = primaries.try_emplace(one.tier, one.id);
    if (!first) violate("two-primaries-in-a-view", known->second + " and " + one.id);
  }
}

void Checks::on(const SendMessage& e) {
  const auto* view = std::get_if<wire::ViewUpdate>(&e.message);
  if (view) view_told(view->group, view->epoch, view->primary);
}

void Checks::on(const PlaceSnapshot& e) {
  for (const auto& [id, launch] : e.members) {
    if (!world_.machine().runs(id)) continue;
    violate("restore-beneath-living", id + " runs while its folder is to be replaced");
  }
}

void Checks::on(const LogEvent& e, const State& state) {
  const Event& event = e.event;
  const Process* process = world_.machine().find(event.target);
  if (event.kind == "silent" && process) {
    if (process->mute || speaks(*process, world_)) {
      violate("false-silence", event.target + ": " + event.text);
    }
  }
  if (event.kind == "launch" && state.instance(event.target)) {
    check_launch(state);
    const std::string& zone = state.instance(event.target)->zone;
    if (state.holds.contains(zone) || state.shifts.contains(zone)) {
      violate("launched-into-closed-zone", event.target);
    }
  }
  const bool refused = event.text.find("Failed") != std::string::npos ||
                       event.text.find("RollbackInProgress") != std::string::npos;
  if (event.kind == "refresh" && refused && !harmed_) {
    violate("good-deployment-refused", event.text);
  }
  if (event.kind == "amnesia" && !world_.control().amnesia()) violate("amnesia", event.text);
}

}  // namespace multiaz::orchestrator::sim
