#include "orchestrator/sim/world.h"

#include <cstdio>

#include "base/core/check.h"

namespace multiaz::orchestrator::sim {

namespace {

// A small plan that has an instance of every kind.
Plan first_plan(const Settings& settings) {
  Config config;
  config.web_count = 4;
  config.web_max = 9;
  config.web_warmup_ms = 300;
  config.web_grace_ms = 500;
  config.web_deregistration_ms = 600;
  config.replace_hung_after_ms = 2000;
  config.autoshift = settings.autoshift;
  if (settings.own_app) config.web_command = {"/usr/bin/app"};
  return build_plan(config, kOctetMin);
}

}  // namespace

World::World(Settings settings)
    : settings_(settings),
      random_(settings.seed),
      machine_(*this),
      checks_(*this),
      control_(*this) {
  CHECK(memory_.set_meta("plan", plan_to_json(first_plan(settings))).ok());
  control_.boot();
}

void World::run_for(Nanos duration) {
  const Nanos end = now() + duration;
  while (!checks_.failed() && scheduler_.run_one(end)) {
  }
}

bool World::run_until(const std::function<bool()>& condition, Nanos limit) {
  const Nanos end = now() + limit;
  while (!checks_.failed() && now() < end) {
    if (condition()) return true;
    run_for(20 * kMillisecond);
  }
  return !checks_.failed() && condition();
}

void World::violate(const std::string& check, const std::string& detail) {
  checks_.violate(check, detail);
}

// Prints a line such as "[  120] web-a1 kill: hung".
void World::trace(const std::string& line) {
  if (!settings_.trace) return;
  char head[32];
  std::snprintf(head, sizeof head, "[%6llu] ",
                static_cast<unsigned long long>((now() - trace_zero_) / kMillisecond));
  trace_ += head + line + "\n";
}

std::string World::unhealthy() {
  ControlPlane* plane = control_.plane();
  if (!plane || !plane->state().adopted) return "no orchestrator";
  const State& state = plane->state();
  const Health health = health_of(state);
  if (!health.healthy) return health.reasons.front();
  int64_t in_service = 0;
  for (const auto& [id, one] : state.instances) {
    if (!state.plan.group(one.tier) || plane->groups.of(id)) continue;
    return id + " is in no group and stays";
  }
  for (const auto& [id, one] : state.instances) {
    if (one.scaled.leaving.on) return id + " is still leaving";
    const auto found = machine_.processes().find(id);
    const bool runs = found != machine_.processes().end() && found->second.alive;
    if (!runs || found->second.launch != one.launch) return id + " does not run as it is known";
    if (one.scaled.on && !one.scaled.standby && one.scaled.in_service_at) ++in_service;
  }
  if (in_service != state.plan.asg.desired) return std::to_string(in_service) + " in service";
  for (const auto& [id, process] : machine_.processes()) {
    if (process.alive && !state.instance(id) && !control_.amnesia()) return id + " is an orphan";
  }
  return "";
}

}  // namespace multiaz::orchestrator::sim
