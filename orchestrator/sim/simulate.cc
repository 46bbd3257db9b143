#include "orchestrator/sim/simulate.h"

#include "orchestrator/sim/strikes.h"

namespace multiaz::orchestrator::sim {

namespace {

void strike(World& world, RunResult& result) {
  const uint64_t count = world.random().between(3, 10);
  const uint64_t copy_at = world.random().below(count);
  for (uint64_t i = 0; i < count && !world.checks().failed(); ++i) {
    if (i == copy_at) world.memory().keep_copy();
    const Strike& one = pick_strike(world.random());
    ++result.struck[std::string(one.name)];
    world.trace("strike: " + std::string(one.name));
    if (!one.orderly) world.checks().harm();
    one.apply(world);
    world.run_for(world.random().between(1, 900) * kMillisecond);
  }
}

// Every fault ends and an operator completes the hooks; then everything must be as planned.
void recover(World& world) {
  world.trace("everything is healed");
  world.memory().refuse(false);
  world.control().crash_after_effects(0);
  world.control().wake();
  world.machine().heal();
  world.run_for(2 * kSecond);
  world.machine().heal();
  world.control().order([](ControlPlane& plane) {
    (void)plane.asg.delete_hook("hook");
    for (const std::string& zone : plane.state().plan.zones) {
      plane.zones.release(zone, "ordered");
      plane.zones.unshift(zone, "CANCELED");
    }
  });
  const auto well = [&world] { return world.unhealthy().empty(); };
  if (!world.run_until(well, kRecoveryMax)) world.violate("not-recovered", world.unhealthy());
  world.run_for(500 * kMillisecond);
}

}  // namespace

RunResult simulate(uint64_t seed, Mistake mistake, bool trace) {
  Settings settings;
  settings.seed = seed;
  settings.mistake = mistake;
  Random shape(seed * 31 + 7);
  settings.own_app = shape.percent(20);
  settings.autoshift = shape.percent(20);
  settings.trace = trace;
  RunResult result;
  World world(settings);
  world.memory().keep_copy();
  const auto well = [&world] { return world.unhealthy().empty(); };
  if (!world.run_until(well, kStartMax)) world.violate("not-started", world.unhealthy());
  world.memory().keep_copy();
  strike(world, result);
  if (!world.checks().failed()) recover(world);
  result.violation = world.checks().violation();
  result.trace = world.trace_text();
  result.virtual_time = world.now();
  return result;
}

}  // namespace multiaz::orchestrator::sim
