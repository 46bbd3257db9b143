#include "orchestrator/control/control_plane.h"

#include <cstdlib>
#include <utility>
#include <variant>

#include "base/core/check.h"

namespace multiaz::orchestrator {

namespace {

// A shorter absence of this process is not worth an event.
constexpr Nanos kPauseToldMin = 200 * kMillisecond;

State first_state(Plan plan, std::string cluster_id, Mistake mistake) {
  State state;
  state.plan = std::move(plan);
  state.cluster_id = std::move(cluster_id);
  state.mistake = mistake;
  for (const PlannedInstance& planned : state.plan.instances) {
    state.instances[planned.id] = fresh(planned);
  }
  return state;
}

}  // namespace

ControlPlane::ControlPlane(Plan plan, std::string cluster_id, StateStore& store, Moment start,
                           Mistake mistake)
    : context(first_state(std::move(plan), std::move(cluster_id), mistake), store, start),
      groups(context),
      fleet(context),
      processes(context, groups),
      reports(context, groups),
      zones(context),
      faults(context),
      members(context, groups, fleet),
      restores(context, groups, fleet),
      group(context, fleet),
      refreshes(context, fleet, group),
      asg(context, fleet, group),
      autoscaling(context, fleet, group, refreshes) {}

Status ControlPlane::load() {
  const auto boot = context.store.meta("boot");
  if (!boot) return boot.error();
  const uint64_t number = std::strtoull(boot->c_str(), nullptr, 10) + 1;
  context.state.topology_version = number << kBootBits;
  Status done = context.store.set_meta("boot", std::to_string(number));
  if (done) done = processes.load();
  if (done) done = zones.load();
  if (done) done = faults.load();
  if (done) done = groups.load();
  if (done) done = group.load();
  if (done) done = restores.load();
  return done;
}

ControlEffects ControlPlane::step(Moment now, const ControlEvent& event) {
  CHECK_NOTE(now.monotonic >= context.now.monotonic, "the clock went back");
  context.now = now;
  std::visit([this](const auto& one) { take(one); }, event);
  check_invariant();
  return std::exchange(context.effects, {});
}

void ControlPlane::take(const Adopt& event) {
  processes.adopt(event.running);
  members.resume_removals();
}

void ControlPlane::take(const Tick&) {
  context.clock.wind(context.now.monotonic);
  const Nanos slept = context.clock.slept();
  if (slept - pauses_told_ > kPauseToldMin) {
    const Nanos pause = slept - std::exchange(pauses_told_, slept);
    context.event("orchestrator", "paused", "orchestrator",
                  "was stopped or starved for " + std::to_string(pause / kMillisecond) +
                      " ms, which counts as silence of no instance");
  }
  groups.tick();
  faults.tick();
  zones.tick();
  restores.tick();
  // No decision about instances is made before it is known which of them run.
  if (!context.state.adopted && context.state.mistake != Mistake::kStartBeforeAdopt) return;
  processes.reconcile();
  autoscaling.tick();
}

void ControlPlane::take(const Due&) {
  processes.reconcile();
}
void ControlPlane::take(const Exited& event) {
  processes.exited(event.exited);
  restores.tick();
}
void ControlPlane::take(const HelloSaid& event) {
  reports.hello(event.hello);
}
void ControlPlane::take(const MessageSaid& event) {
  reports.message(event);
}
void ControlPlane::take(const Spawned& event) {
  processes.spawned(event);
}
void ControlPlane::take(const FoundRunning& event) {
  reports.found_running(event);
}
void ControlPlane::take(const PortsSeen& event) {
  reports.ports(event);
}
void ControlPlane::take(const SnapshotPlaced& event) {
  restores.placed(event);
}
void ControlPlane::take(const Ordered& event) {
  event.act(*this);
}

void ControlPlane::check_invariant() const {
  const State& state = context.state;
  CHECK(state.instances.size() == state.plan.instances.size());
  for (const PlannedInstance& planned : state.plan.instances) {
    const Instance* one = state.instance(planned.id);
    CHECK_NOTE(one, planned.id + " is planned and not known");
    CHECK_NOTE(!one->running() || one->launch > 0, planned.id + " runs without a launch");
  }
  for (const auto& [id, report] : state.reports) {
    const Instance* one = state.instance(id);
    CHECK_NOTE(one && one->running(), id + " has a report and does not run");
  }
  for (const auto& [name, view] : state.views) {
    const bool led = view.epoch.raw == 0 || view.in_sync_member(view.primary) != nullptr;
    CHECK_NOTE(led, name + ": the primary is not in sync with itself");
  }
}

}  // namespace multiaz::orchestrator
