#include "orchestrator/sim/world.h"

#include <algorithm>
#include <cstdio>
#include <variant>

#include "base/core/check.h"
#include "orchestrator/rds/snapshots.h"

namespace multiaz::orchestrator::sim {

namespace {

constexpr Nanos kClockStart = 1000 * kSecond;
constexpr int64_t kWallStart = 1'800'000'000'000;

// Small and quick, but every kind of thing is in it.
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
      plan_(first_plan(settings)) {
  CHECK(memory_.set_meta("plan", plan_to_json(plan_)).ok());
  boot();
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

// As orchestrate.cc: the store, then what runs, then the control port opens.
void World::boot() {
  if (plane_) return;
  const auto text = memory_.meta("plan");
  auto plan = plan_from_json(*text);
  CHECK_NOTE(plan.ok(), plan.ok() ? "" : plan.error().detail);
  ++life_;
  paused_ = false;
  const Moment start{kClockStart + now(), kWallStart};
  plane_ = std::make_unique<ControlPlane>(std::move(*plan), "simulated", memory_, start,
                                          settings_.mistake);
  trace("orchestrator starts");
  if (!plane_->load()) {  // a full disk: it ends, and the supervisor tries again
    plane_.reset();
    after(200 * kMillisecond, [this] { boot(); });
    return;
  }
  order([](ControlPlane& plane) { plane.context.topology_changed(); });  // its DNS records
  tick(life_);
  after(random_.between(1, 80) * kMillisecond, [this, life = life_] {
    if (life == life_ && plane_) deliver(Adopt{machine_.list()});
  });
}

void World::tick(uint64_t life) {
  if (life != life_ || !plane_) return;
  if (!paused_) {
    if (settings_.own_app && ++ticks_ % 10 == 0) step(ports());
    step(Tick());
  }
  after(kTickMs * kMillisecond, [this, life] { tick(life); });
}

PortsSeen World::ports() const {
  PortsSeen seen;
  for (const auto& [id, process] : machine_.processes()) {
    if (!process.alive || !process.mute) continue;
    const auto holder = process.ready ? PortSeen::Holder::kOwn : PortSeen::Holder::kNobody;
    seen.ports.push_back({id, process.launch, 0, holder, process.stopped});
  }
  return seen;
}

void World::crash(Nanos restart_after) {
  if (!plane_) return;
  trace("orchestrator ends");
  plan_ = plane_->state().plan;
  plane_.reset();
  ++life_;
  inbox_.clear();
  undone_.clear();
  effects_left_ = 0;
  machine_.drop_all();
  // A copy that was under way ends with it, wherever it was.
  for (auto& [group, on] : machine_.members().placing) {
    if (std::exchange(on, false)) machine_.members().mixed[group] = true;
  }
  after(restart_after, [this] { boot(); });
}

// Not during a restore: an older copy knows nothing of it, and nobody else does.
void World::restore_older_copy(Nanos restart_after) {
  if (!plane_) return;
  for (const PlannedGroup& group : plan().groups) {
    if (!plane_->restores.of(group.name).empty()) return;
  }
  amnesia_ = true;
  memory_.restore_copy();
  crash(restart_after);
}

void World::pause(Nanos duration) {
  if (!awake()) return;
  trace("orchestrator is stopped");
  paused_ = true;
  pause_began_ = now();
  after(duration, [this, life = life_] {
    if (life == life_ && paused_) heal();
  });
}

void World::overwork(const std::string& busy_with, Nanos duration) {
  if (!awake()) return;
  trace("orchestrator is busy with " + busy_with);
  busy_with_ = busy_with;
  for (Nanos at = 0; at < duration; at += 10 * kMillisecond) {
    after(at, [this, busy_with, life = life_] {
      const State* state = life == life_ && plane_ ? &plane_->state() : nullptr;
      const wire::StatusReport* report = state ? state->report(busy_with) : nullptr;
      if (report && paused_) step(MessageSaid{busy_with, report->launch, *report});
    });
  }
  pause(duration);
}

void World::heal() {
  if (!plane_ || !paused_) return;
  paused_ = false;
  pause_ended_ = now();
  trace("orchestrator goes on");
  if (!busy_with_.empty() || random_.percent(50)) step(Tick());
  busy_with_.clear();
  for (ControlEvent& event : std::exchange(inbox_, {})) step(event);
}

void World::order(const std::function<void(ControlPlane&)>& act) {
  if (awake()) step(Ordered{act});
}

void World::deliver(ControlEvent event) {
  if (!plane_) return;
  if (paused_)
    inbox_.push_back(std::move(event));
  else
    step(event);
}

void World::step(const ControlEvent& event) {
  if (!plane_ || checks_.failed()) return;
  const Moment moment{kClockStart + now(), kWallStart + static_cast<int64_t>(now() / kMillisecond)};
  for (ControlEffect& effect : plane_->step(moment, event)) undone_.push_back(std::move(effect));
  if (std::exchange(carrying_out_, true)) return;
  while (plane_ && !undone_.empty() && !checks_.failed()) {
    const ControlEffect effect = std::move(undone_.front());
    undone_.pop_front();
    if (effects_left_ > 0 && --effects_left_ == 0) {
      crash(random_.between(20, 300) * kMillisecond);
      break;
    }
    carry_out(effect);
  }
  carrying_out_ = false;
  if (plane_ && !checks_.failed()) checks_.after_step(plane_->state());
}

void World::carry_out(const ControlEffect& effect) {
  const State& state = plane_->state();
  if (const auto* e = std::get_if<LogEvent>(&effect)) {
    trace(e->event.target + " " + e->event.kind + ": " + e->event.text);
    checks_.on(*e, state);
  } else if (const auto* e = std::get_if<SpawnProcess>(&effect)) {
    if (const PlannedInstance* planned = state.plan.instance(e->id)) {
      machine_.spawn(*planned, e->launch);
    } else {
      violate("started-unplanned", e->id);
    }
  } else if (const auto* e = std::get_if<SignalProcess>(&effect)) {
    checks_.on(*e);
    machine_.signal(e->id, e->launch, e->signum);
  } else if (const auto* e = std::get_if<LookAtProcess>(&effect)) {
    const Process* process = machine_.find(e->id);
    if (process && !process->stopped) step(FoundRunning{e->id, e->launch});
  } else if (const auto* e = std::get_if<SendMessage>(&effect)) {
    checks_.on(*e);
    machine_.send(e->id, e->message);
  } else if (const auto* e = std::get_if<BroadcastTopology>(&effect)) {
    checks_.on(*e);
    machine_.broadcast(e->topology);
  } else if (const auto* e = std::get_if<DropConnection>(&effect)) {
    machine_.drop(e->id);
  } else if (const auto* e = std::get_if<DeleteData>(&effect)) {
    if (machine_.runs(e->id)) violate("orphan", e->id + " is forgotten while it runs");
    machine_.members().forget(e->id);
  } else if (std::holds_alternative<StepLater>(effect)) {
    after(0, [this, life = life_] {
      if (life == life_) deliver(Due());
    });
  } else if (const auto* e = std::get_if<PlaceSnapshot>(&effect)) {
    checks_.on(*e);
    place(*e);
  }
}

void World::place(const PlaceSnapshot& order) {
  machine_.members().placing[order.group] = true;
  SnapshotPlaced answer;
  answer.group = order.group;
  answer.launches = order.members;
  std::map<std::string, std::string> incarnations;
  for (const auto& [id, launch] : order.members) {
    incarnations[id] = "r" + std::to_string(random_.next() % 1'000'000'000);
  }
  answer.view =
      restored_view(*plan().group(order.group), Epoch(order.epoch), incarnations, order.members);
  after(random_.between(20, 400) * kMillisecond, [this, answer, life = life_] {
    if (life != life_ || !plane_) return;
    machine_.members().placing[answer.group] = false;
    end_placing(answer, !memory_.refuses());
  });
}

void World::end_placing(SnapshotPlaced answer, bool whole) {
  Members& members = machine_.members();
  members.mixed[answer.group] = !whole;
  if (!whole) answer.status = Error(Code::kIo, "no space left on device");
  for (const auto& [id, launch] : answer.launches) {
    if (!whole) break;
    MemberDisk& disk = members.disk(id);
    const replication::MemberRef* member = answer.view.in_sync_member(NodeId(id));
    disk.incarnation = member ? member->incarnation.raw : "r-" + id;
    disk.view = answer.view;
    disk.tail_epoch = 1;
    disk.tail = 10;
  }
  deliver(answer);
}

void World::heard(const std::string& id, uint64_t launch, wire::ControlMessage message) {
  if (paused_ && id == busy_with_) return;  // overwork() says it again and again
  deliver(MessageSaid{id, launch, std::move(message)});
}

bool World::welcome(const wire::Hello& hello) {
  if (!awake() || !plane_->state().adopted || !admit(plane_->state(), hello)) return false;
  step(HelloSaid{hello});
  return true;
}

void World::answer(const Spawned& spawned) {
  after(random_.between(1, 3) * kMillisecond, [this, spawned, life = life_] {
    if (life == life_) deliver(spawned);
  });
}

void World::reaped(const wire::Exited& exited) {
  trace(exited.id + " has ended");
  after(random_.between(0, 2) * kMillisecond, [this, exited, life = life_] {
    if (life == life_) deliver(Exited{exited});
  });
}

void World::violate(const std::string& check, const std::string& detail) {
  checks_.violate(check, detail);
}

// "[  120] web-a1 kill: hung"
void World::trace(const std::string& line) {
  if (!settings_.trace) return;
  char head[32];
  std::snprintf(head, sizeof head, "[%6llu] ",
                static_cast<unsigned long long>((now() - trace_zero_) / kMillisecond));
  trace_ += head + line + "\n";
}

std::string World::unhealthy() {
  if (!plane_ || !plane_->state().adopted) return "no orchestrator";
  const State& state = plane_->state();
  const Health health = health_of(state);
  if (!health.healthy) return health.reasons.front();
  int64_t in_service = 0;
  for (const auto& [id, one] : state.instances) {
    if (!state.plan.group(one.tier) || plane_->groups.of(id)) continue;
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
    if (process.alive && !state.instance(id) && !amnesia_) return id + " is an orphan";
  }
  return "";
}

}  // namespace multiaz::orchestrator::sim
