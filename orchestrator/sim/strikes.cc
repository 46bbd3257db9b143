#include "orchestrator/sim/strikes.h"

#include <csignal>
#include <string>

namespace multiaz::orchestrator::sim {

namespace {

std::string any_instance(World& world, std::string_view tier = "") {
  std::vector<std::string> ids;
  for (const PlannedInstance& one : world.plan().instances) {
    if (tier.empty() || one.tier == tier) ids.push_back(one.id);
  }
  return ids.empty() ? "" : ids[world.random().below(ids.size())];
}

std::string any_zone(World& world) {
  const auto& zones = world.plan().zones;
  return zones[world.random().below(zones.size())];
}

std::string any_group(World& world) {
  return world.random().percent(50) ? "db" : "cache";
}

Nanos span_ms(World& world, uint64_t low, uint64_t high) {
  return world.random().between(low, high) * kMillisecond;
}

// Sends the signal to an instance without an order of the control plane.
void signal_any(World& world, int signum) {
  const Process* process = world.machine().find(any_instance(world));
  if (process) world.machine().signal(process->id, process->launch, signum);
}

void kill_one(World& world) {
  signal_any(world, SIGKILL);
}
void kill_zone(World& world) {
  const std::string zone = any_zone(world);
  for (const PlannedInstance& one : world.plan().instances) {
    const Process* process = world.machine().find(one.id);
    if (one.zone == zone && process) {
      world.machine().signal(one.id, process->launch, SIGKILL);
    }
  }
}
void stop_one(World& world) {
  signal_any(world, SIGSTOP);
}
void cont_one(World& world) {
  for (const auto& [id, process] : world.machine().processes()) {
    if (!process.alive || !process.stopped) continue;
    world.machine().signal(id, process.launch, SIGCONT);
    return;
  }
}
void stop_by_order(World& world) {
  const std::string id = any_instance(world);
  world.control().order([&](ControlPlane& plane) { plane.context.signal(id, SIGSTOP, "ordered"); });
}
// The process is stopped when a new orchestrator adopts it. Later it is continued, and the control
// plane did not order that.
void stop_over_a_restart(World& world) {
  const std::string id = any_instance(world);
  const Process* process = world.machine().find(id);
  if (!process) return;
  const uint64_t launch = process->launch;
  world.machine().signal(id, launch, SIGSTOP);
  world.control().crash(span_ms(world, 20, 200));
  world.after(span_ms(world, 400, 1500),
              [&world, id, launch] { world.machine().signal(id, launch, SIGCONT); });
}
void cut_one(World& world) {
  const std::string id = any_instance(world);
  world.machine().cut(id, true);
  world.after(span_ms(world, 100, 4000), [&world, id] { world.machine().cut(id, false); });
}
void cut_zone(World& world) {
  const std::string zone = any_zone(world);
  const Nanos span = span_ms(world, 100, 4000);
  for (const PlannedInstance& one : world.plan().instances) {
    if (one.zone != zone) continue;
    world.machine().cut(one.id, true);
    world.after(span, [&world, id = one.id] { world.machine().cut(id, false); });
  }
}
// The control plane's own network fails, so that most instances seem silent.
void cut_most(World& world) {
  const Nanos span = span_ms(world, 2500, 5000);
  for (const PlannedInstance& one : world.plan().instances) {
    if (world.random().percent(15)) continue;
    world.machine().cut(one.id, true);
    world.after(span, [&world, id = one.id] { world.machine().cut(id, false); });
  }
}
void reset_link(World& world) {
  world.machine().drop(any_instance(world));
}
void sicken(World& world) {
  Process* process = world.machine().find(any_instance(world, "web"));
  if (process) process->sick = true;
}
void make_stubborn(World& world) {
  Process* process = world.machine().find(any_instance(world));
  if (process) process->stubborn = true;
}
void fail_spawns(World& world) {
  world.machine().spawns_fail = true;
  world.after(span_ms(world, 50, 800), [&world] { world.machine().spawns_fail = false; });
}
void fill_disk(World& world) {
  world.memory().refuse(true);
  world.after(span_ms(world, 100, 2500), [&world] { world.memory().refuse(false); });
}

void crash(World& world) {
  world.control().crash(span_ms(world, 5, 1500));
}
void crash_soon(World& world) {
  world.control().crash_after_effects(static_cast<uint32_t>(world.random().between(1, 30)));
}
void pause(World& world) {
  world.control().pause(span_ms(world, 100, 3000));
}
void overwork(World& world) {
  world.control().overwork(any_instance(world), span_ms(world, 300, 1500));
}
void older_copy(World& world) {
  world.control().restore_older_copy(span_ms(world, 5, 300));
}

void hold_zone(World& world) {
  const std::string zone = any_zone(world);
  const uint64_t for_ms = world.random().between(200, 2500);
  world.control().order([&](ControlPlane& plane) { plane.zones.hold(zone, for_ms); });
  if (world.random().percent(50)) kill_zone(world);
}
void shift_zone(World& world) {
  const std::string zone = any_zone(world);
  const uint64_t for_ms = world.random().between(200, 2500);
  world.control().order([&](ControlPlane& plane) { plane.zones.shift(zone, for_ms, "ordered"); });
}
void scale(World& world) {
  Bounds bounds;
  bounds.desired = static_cast<int64_t>(world.random().between(1, 9));
  world.control().order(
      [&](ControlPlane& plane) { (void)plane.group.set_bounds(bounds, "ordered"); });
}
void terminate_one(World& world) {
  const std::string id = any_instance(world, "web");
  const bool decrement = world.random().percent(30);
  world.control().order([&](ControlPlane& plane) { (void)plane.asg.terminate(id, decrement); });
}
void standby(World& world) {
  const std::string id = any_instance(world, "web");
  const bool on = world.random().percent(60);
  const bool decrement = world.random().percent(50);
  world.control().order(
      [&](ControlPlane& plane) { (void)plane.asg.set_standby(id, on, decrement); });
}
void hook(World& world) {
  LifecycleHook hook;
  hook.name = "hook";
  hook.launching = world.random().percent(50);
  hook.heartbeat_ms = world.random().between(50, 600);
  hook.continue_by_default = world.random().percent(80);
  const bool gone = world.random().percent(40);
  world.control().order([&](ControlPlane& plane) {
    if (gone)
      (void)plane.asg.delete_hook(hook.name);
    else
      (void)plane.asg.put_hook(hook);
  });
}
void deploy(World& world) {
  Deployment deployment;
  deployment.env["NOTE"] = std::to_string(world.random().below(100));
  deployment.max_healthy_percent = static_cast<int64_t>(world.random().between(100, 120));
  world.control().order([&](ControlPlane& plane) { (void)plane.refreshes.deploy(deployment); });
}
void add_replica(World& world) {
  const std::string name = any_group(world);
  const uint64_t zone = world.random().below(world.plan().zones.size());
  world.control().order([&](ControlPlane& plane) {
    const PlannedGroup& group = *plane.state().plan.group(name);
    if (group.members.size() >= 5) return;
    auto one = next_member(plane.state().plan, group, zone, plane.state().strangers);
    if (one) (void)plane.members.add(std::move(*one), name == "cache");
  });
}
void remove_replica(World& world) {
  const std::string id = any_instance(world, any_group(world));
  world.control().order([&](ControlPlane& plane) {
    const PlannedGroup& group = *plane.state().plan.group(plane.state().instances.at(id).tier);
    int candidates = 0;
    bool member = false;
    for (const GroupMember& one : group.members) {
      if (one.candidate && one.id != id) ++candidates;
      member = member || one.id == id;
    }
    if (member && candidates > 1) (void)plane.members.remove(id);
  });
}
void fail_over(World& world) {
  const std::string name = any_group(world);
  world.control().order(
      [&](ControlPlane& plane) { plane.groups.named(name)->fail_over("", false); });
}
void restore(World& world) {
  const std::string name = any_group(world);
  world.control().order([&](ControlPlane& plane) {
    if (!plane.restores.reserve(name, "snapshot")) return;
    (void)plane.restores.begin(name);
  });
}
void restore_and_crash(World& world) {
  restore(world);
  world.after(span_ms(world, 1, 120), [&world] { world.control().crash(span_ms(world, 5, 100)); });
}
void restore_on_a_full_disk(World& world) {
  restore(world);
  world.after(1, [&world] { fill_disk(world); });
}

}  // namespace

const std::vector<Strike>& strikes() {
  static const std::vector<Strike> kAll = {
      {"kill-one", 10, kill_one},
      {"kill-zone", 3, kill_zone},
      {"stop-one", 6, stop_one},
      {"cont-one", 4, cont_one},
      {"stop-by-order", 3, stop_by_order},
      {"stop-over-a-restart", 3, stop_over_a_restart},
      {"cut-one", 6, cut_one},
      {"cut-zone", 4, cut_zone},
      {"cut-most", 2, cut_most},
      {"reset-link", 4, reset_link},
      {"sicken", 4, sicken},
      {"make-stubborn", 2, make_stubborn},
      {"fail-spawns", 2, fail_spawns},
      {"fill-disk", 3, fill_disk},
      {"crash", 5, crash},
      {"crash-soon", 5, crash_soon},
      {"pause", 4, pause},
      {"overwork", 3, overwork},
      {"older-copy", 2, older_copy},
      {"hold-zone", 3, hold_zone},
      {"shift-zone", 3, shift_zone, true},
      {"scale", 6, scale, true},
      {"terminate-one", 4, terminate_one, true},
      {"standby", 3, standby},
      {"hook", 2, hook},
      {"deploy", 3, deploy, true},
      {"add-replica", 3, add_replica, true},
      {"remove-replica", 3, remove_replica, true},
      {"fail-over", 3, fail_over, true},
      {"restore", 3, restore, true},
      {"restore-and-crash", 2, restore_and_crash},
      {"restore-on-a-full-disk", 2, restore_on_a_full_disk},
  };
  return kAll;
}

const Strike& pick_strike(Random& random) {
  uint64_t all = 0;
  for (const Strike& strike : strikes()) all += strike.weight;
  uint64_t at = random.below(all);
  for (const Strike& strike : strikes()) {
    if (at < strike.weight) return strike;
    at -= strike.weight;
  }
  return strikes().front();
}

}  // namespace multiaz::orchestrator::sim
