#include "orchestrator/sim/stories.h"

#include <csignal>

namespace multiaz::orchestrator::sim {

namespace {

void signal(World& world, const std::string& id, int signum) {
  world.machine().signal(id, world.machine().find(id)->launch, signum);
}

void wait_ms(World& world, uint64_t ms) {
  world.run_for(ms * kMillisecond);
}

void condemned(World& world) {
  world.machine().find("web-a1")->sick = true;
  wait_ms(world, 4000);
}
void hung(World& world) {
  signal(world, "web-b1", SIGSTOP);
  wait_ms(world, 4000);
}
void primary_killed(World& world) {
  signal(world, "db-a1", SIGKILL);
  wait_ms(world, 3000);
}
void control_plane_alone(World& world) {
  for (const PlannedInstance& one : world.plan().instances) world.machine().cut(one.id, true);
  wait_ms(world, 4000);
  world.machine().heal();
  wait_ms(world, 1000);
}
void restarted(World& world) {
  world.control().crash(200 * kMillisecond);
  wait_ms(world, 100);
  signal(world, "cache-b1", SIGKILL);
  wait_ms(world, 3000);
}
void scaled_in(World& world) {
  Bounds bounds;
  bounds.desired = 3;
  world.control().order(
      [&](ControlPlane& plane) { (void)plane.group.set_bounds(bounds, "ordered"); });
  wait_ms(world, 2000);
}
void zone_lost(World& world) {
  world.control().order([](ControlPlane& plane) { plane.zones.hold("az-c", 2000); });
  for (const PlannedInstance& one : world.plan().instances) {
    if (one.zone == "az-c") signal(world, one.id, SIGKILL);
  }
  wait_ms(world, 5000);
}
void restored(World& world) {
  world.control().order([](ControlPlane& plane) {
    if (plane.restores.reserve("db", "before")) (void)plane.restores.begin("db");
  });
  wait_ms(world, 4000);
}
void restore_goes_on(World& world) {
  world.control().order([](ControlPlane& plane) {
    if (plane.restores.reserve("cache", "before")) (void)plane.restores.begin("cache");
  });
  world.control().crash(100 * kMillisecond);
  wait_ms(world, 4000);
}

}  // namespace

const std::vector<Story>& stories() {
  static const std::vector<Story> kAll = {
      {"C1-condemned", "load balancers condemn an instance, it is replaced", condemned},
      {"C2-hung", "an instance hangs: silent, killed, replaced", hung},
      {"C3-primary-killed", "a database primary dies: promotion before replacement",
       primary_killed},
      {"C4-alone", "the control plane is cut off from everybody and kills nobody",
       control_plane_alone},
      {"C5-restarted", "a new orchestrator adopts what runs and finds one dead", restarted},
      {"C6-scaled-in", "drained, told to end, forgotten", scaled_in},
      {"C7-zone-lost", "a zone is held down: databases wait, web instances move", zone_lost},
      {"C8-restored", "a restore: all members end, folders, then the next epoch", restored},
      {"C9-restore-goes-on", "an orchestrator dies in a restore, the next one finishes it",
       restore_goes_on},
  };
  return kAll;
}

std::string tell(const Story& story) {
  Settings settings;
  settings.seed = 7;
  settings.trace = true;
  World world(settings);
  world.run_until([&world] { return world.unhealthy().empty(); }, 30 * kSecond);
  world.run_for(kSecond);
  const size_t begins = world.trace_text().size();
  world.trace_from(world.now());
  story.play(world);
  std::string out = world.trace_text().substr(begins);
  if (world.checks().failed()) out += "violated: " + world.checks().violation().check + "\n";
  return out;
}

}  // namespace multiaz::orchestrator::sim
