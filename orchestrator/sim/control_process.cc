#include "orchestrator/sim/control_process.h"

#include <utility>

#include "base/core/check.h"
#include "orchestrator/sim/world.h"

namespace multiaz::orchestrator::sim {

namespace {

constexpr Nanos kClockStart = 1000 * kSecond;
constexpr int64_t kWallStart = 1'800'000'000'000;

PortsSeen ports_of(const Machine& machine) {
  PortsSeen seen;
  for (const auto& [id, process] : machine.processes()) {
    if (!process.alive || !process.mute) continue;
    const auto holder = process.ready ? PortSeen::Holder::kOwn : PortSeen::Holder::kNobody;
    seen.ports.push_back({id, process.launch, 0, holder, process.stopped});
  }
  return seen;
}

}  // namespace

// Boots like orchestrate.cc: it reads the store, then adopts what runs, then opens the control
// port.
void ControlProcess::boot() {
  if (plane_) return;
  const auto text = world_.memory().meta("plan");
  auto plan = plan_from_json(*text);
  CHECK_NOTE(plan.ok(), plan.ok() ? "" : plan.error().detail);
  ++life_;
  paused_ = false;
  const Moment start{kClockStart + world_.now(), kWallStart};
  plane_ = std::make_unique<ControlPlane>(std::move(*plan), "simulated", world_.memory(), start,
                                          world_.settings().mistake);
  world_.trace("orchestrator starts");
  if (!plane_->load()) {  // the disk is full: it ends, and the supervisor tries again
    plane_.reset();
    world_.after(200 * kMillisecond, [this] { boot(); });
    return;
  }
  order([](ControlPlane& plane) { plane.context.topology_changed(); });  // the DNS records in it
  tick();
  within_life(world_.random().between(1, 80) * kMillisecond,
              [this] { deliver(Adopt{world_.machine().list()}); });
}

void ControlProcess::tick() {
  if (!paused_) {
    if (world_.settings().own_app && ++ticks_ % 10 == 0) step(ports_of(world_.machine()));
    step(Tick());
  }
  within_life(kTickMs * kMillisecond, [this] { tick(); });
}

void ControlProcess::within_life(Nanos delay, std::function<void()> action) {
  world_.after(delay, [this, action = std::move(action), life = life_] {
    if (life == life_ && plane_) action();
  });
}

void ControlProcess::deliver_after(Nanos delay, ControlEvent event) {
  within_life(delay, [this, event = std::move(event)] { deliver(event); });
}

void ControlProcess::crash(Nanos restart_after) {
  if (!plane_) return;
  world_.trace("orchestrator ends");
  plan_ = plane_->state().plan;
  plane_.reset();
  ++life_;
  inbox_.clear();
  undone_.clear();
  effects_left_ = 0;
  world_.machine().drop_all();
  // A copy of data folders that is under way ends with the process, wherever it was.
  Members& members = world_.machine().members();
  for (auto& [group, on] : members.placing) {
    if (std::exchange(on, false)) members.mixed[group] = true;
  }
  world_.after(restart_after, [this] { boot(); });
}

// No older copy is restored during a restore, since it lacks the restore and nothing else knows of
// it.
void ControlProcess::restore_older_copy(Nanos restart_after) {
  if (!plane_) return;
  for (const PlannedGroup& group : plan().groups) {
    if (!plane_->restores.of(group.name).empty()) return;
  }
  amnesia_ = true;
  world_.memory().restore_copy();
  crash(restart_after);
}

void ControlProcess::pause(Nanos duration) {
  if (!awake()) return;
  world_.trace("orchestrator is stopped");
  paused_ = true;
  pause_began_ = world_.now();
  within_life(duration, [this] { wake(); });
}

void ControlProcess::overwork(const std::string& busy_with, Nanos duration) {
  if (!awake()) return;
  world_.trace("orchestrator is busy with " + busy_with);
  busy_with_ = busy_with;
  for (Nanos at = 0; at < duration; at += 10 * kMillisecond) {
    within_life(at, [this, busy_with] {
      const wire::StatusReport* report = plane_->state().report(busy_with);
      if (report && paused_) step(MessageSaid{busy_with, report->launch, *report});
    });
  }
  pause(duration);
}

void ControlProcess::wake() {
  if (!plane_ || !paused_) return;
  paused_ = false;
  pause_ended_ = world_.now();
  world_.trace("orchestrator goes on");
  if (!busy_with_.empty() || world_.random().percent(50)) step(Tick());
  busy_with_.clear();
  for (ControlEvent& event : std::exchange(inbox_, {})) step(event);
}

void ControlProcess::order(const std::function<void(ControlPlane&)>& act) {
  if (awake()) step(Ordered{act});
}

void ControlProcess::deliver(ControlEvent event) {
  if (!plane_) return;
  if (paused_)
    inbox_.push_back(std::move(event));
  else
    step(event);
}

void ControlProcess::step(const ControlEvent& event) {
  if (!plane_ || world_.checks().failed()) return;
  const Nanos now = world_.now();
  const Moment moment{kClockStart + now, kWallStart + static_cast<int64_t>(now / kMillisecond)};
  for (ControlEffect& effect : plane_->step(moment, event)) undone_.push_back(std::move(effect));
  if (std::exchange(carrying_out_, true)) return;
  while (plane_ && !undone_.empty() && !world_.checks().failed()) {
    const ControlEffect effect = std::move(undone_.front());
    undone_.pop_front();
    if (effects_left_ > 0 && --effects_left_ == 0) {
      crash(world_.random().between(20, 300) * kMillisecond);
      break;
    }
    sim::carry_out(world_, effect);
  }
  carrying_out_ = false;
  if (plane_ && !world_.checks().failed()) world_.checks().after_step(plane_->state());
}

void ControlProcess::heard(const std::string& id, uint64_t launch, wire::ControlMessage message) {
  if (paused_ && id == busy_with_) return;  // overwork() delivers these again and again
  deliver(MessageSaid{id, launch, std::move(message)});
}

bool ControlProcess::welcome(const wire::Hello& hello) {
  if (!awake() || !plane_->state().adopted || !admit(plane_->state(), hello)) return false;
  step(HelloSaid{hello});
  return true;
}

void ControlProcess::found_running(const std::string& id, uint64_t launch) {
  step(FoundRunning{id, launch});
}

}  // namespace multiaz::orchestrator::sim
