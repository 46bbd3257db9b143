#include "orchestrator/shell/cluster.h"

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <variant>

#include "base/core/log.h"
#include "base/core/random.h"
#include "base/rt/process.h"

namespace multiaz::orchestrator {

Cluster::Cluster(Plan plan, Secrets secrets, Folders folders, Store& store, EventLog& events,
                 Hardware& hardware, ControlServer& control, rt::Nursery& nursery)
    : plan_(std::move(plan)),
      secrets_(std::move(secrets)),
      folders_(std::move(folders)),
      store_(store),
      events_(events),
      hardware_(hardware),
      control_(control),
      nursery_(nursery),
      clock_(monotonic_now()),
      faults_(store),
      picks_(secret_u64()) {
  for (const PlannedInstance& planned : plan_.instances) instances_[planned.id] = fresh(planned);
}

Status Cluster::load() {
  const auto boot = store_.meta("boot");
  if (!boot) return boot.error();
  const uint64_t number = std::strtoull(boot->c_str(), nullptr, 10) + 1;
  topology_version_ = number << kBootBits;
  Status done = store_.set_meta("boot", std::to_string(number));
  if (!done) return done;
  const auto launches = store_.launches();
  if (!launches) return launches.error();
  for (const auto& [id, launch] : *launches) {
    if (instances_.contains(id)) instances_[id].launch = launch;
  }
  auto holds = store_.zone_holds();
  if (!holds) return holds.error();
  holds_ = std::move(*holds);
  auto shifts = store_.zone_shifts();
  if (!shifts) return shifts.error();
  shifts_ = std::move(*shifts);
  done = faults_.load();
  if (!done) return done;
  return load_groups();
}

Status Cluster::load_groups() {
  for (const PlannedGroup& planned : plan_.groups) {
    GroupHandlers handlers;
    handlers.send = [this](const std::string& id, const wire::ControlMessage& message) {
      return control_.send(id, message);
    };
    handlers.on_view_change = [this] {
      topology_dirty_ = true;
      reconcile_later();
    };
    handlers.event = [this](Event event) { events_.add(std::move(event)); };
    auto shell = std::make_unique<GroupShell>(plan_, planned, store_, std::move(handlers));
    const Status started = shell->start(awake_now());
    if (!started) return started;
    groups_[planned.name] = std::move(shell);
  }
  return Status();
}

// What runs already belongs to us: the supervisor has it from an orchestrator that died.
void Cluster::adopt(const wire::ProcessList& running) {
  adopted_ = true;
  size_t adopted_count = 0;
  for (const wire::ProcessInfo& process : running.processes) {
    const auto found = instances_.find(process.id);
    if (found == instances_.end()) {
      meet_stranger(process);
      continue;
    }
    // Our own memory may be an older copy; a launch number is never given twice.
    if (found->second.launch < process.launch) {
      event("orchestrator", "amnesia", process.id,
            "the stored state is an older copy: it knows launch " +
                std::to_string(found->second.launch) + ", launch " +
                std::to_string(process.launch) + " was given");
    }
    found->second.launch = std::max(found->second.launch, process.launch);
    if (process.pid == 0) continue;
    adopted(found->second, process.launch, process.pid, process.stopped, awake_now());
    found->second.process_since = process.started_ns;
    found->second.keeper = process.keeper;
    ++adopted_count;
  }
  for (auto& [id, one] : instances_) {
    if (one.running() || one.launch == 0) continue;
    wire::Exited unseen;  // it ended while nobody could be told
    unseen.id = id;
    unseen.launch = one.launch;
    if (GroupShell* group = group_of(id)) group->on_exit(awake_now(), unseen);
  }
  event("orchestrator", "start", plan_.name,
        adopted_count == 0 ? "starting " + std::to_string(instances_.size()) + " instances"
                           : "adopted " + std::to_string(adopted_count) + " running instances");
  reconcile();
}

// A process that our plan does not know: the plan is an older copy. Auto Scaling starts what is
// missing by itself, so nobody needs it; a member of a group may hold the only copy of something.
void Cluster::meet_stranger(const wire::ProcessInfo& process) {
  if (process.pid == 0 || process.id == "orchestrator") return;
  const bool scaled = process.id.starts_with(plan_.asg.tier + "-");
  event("orchestrator", "amnesia", process.id,
        std::string("the stored plan is an older copy: it does not know this process, which is ") +
            (scaled ? "ended" : "left alone"));
  if (scaled) hardware_.signal(process.id, process.launch, SIGKILL);
}

void Cluster::tick() {
  clock_.wind(monotonic_now());
  const Nanos now = awake_now();
  if (clock_.slept() - pauses_told_ > kPauseToldMin) {
    const Nanos pause = clock_.slept() - std::exchange(pauses_told_, clock_.slept());
    event("orchestrator", "paused", "orchestrator",
          "was stopped or starved for " + std::to_string(pause / kMillisecond) +
              " ms: all silence clocks stood still");
  }
  for (const auto& [name, group] : groups_) group->tick(now);
  expire();
  look_at_ports();
  if (plan_.autoshift) shift_by_signs();
  reconcile();
}

void Cluster::expire() {
  const Nanos now = monotonic_now();
  for (const Fault& fault : faults_.expire(now)) {
    event("orchestrator", "heal", fault.id,
          fault.kind + " " + fault.a + (fault.b.empty() ? "" : " " + fault.b) + " is over");
    topology_dirty_ = true;
    if (fault.kind != "stop_at") continue;
    for (const std::string& id : fault.touched) {
      // A fault of an orchestrator before us may name one that is forgotten since.
      if (const Instance* one = instance(id)) hardware_.signal(id, one->launch, SIGCONT);
    }
  }
  std::vector<std::string> over;
  for (const auto& [zone, until] : holds_) {
    if (until != 0 && until <= now) over.push_back(zone);
  }
  for (const std::string& zone : over) release_zone(zone, "its time is over");
  over.clear();
  for (const auto& [zone, until] : shifts_) {
    if (until != 0 && until <= now) over.push_back(zone);
  }
  for (const std::string& zone : over) unshift_zone(zone, "EXPIRED");
}

void Cluster::on_exited(const wire::Exited& exited) {
  const auto found = instances_.find(exited.id);
  if (found == instances_.end()) {
    event("supervisor", "exit", exited.id, how_it_ended(exited));
    return;
  }
  // First of all the failover: the report is the proof that the process can serve no more.
  if (GroupShell* group = group_of(exited.id)) group->on_exit(awake_now(), exited);
  Instance& one = found->second;
  Event event;
  event.t_ns = exited.t_ns;
  event.source = "supervisor";
  event.kind = "exit";
  event.target = one.id;
  event.zone = one.zone;
  event.text = "pid " + std::to_string(exited.pid) + " " + how_it_ended(exited);
  event.fields["launch"] = std::to_string(exited.launch);
  events_.add(std::move(event));
  for (const Fault& fault : faults_.spent(one.id)) {
    this->event("orchestrator", "heal", fault.id,
                fault.kind + " " + fault.a + " is over with " + one.id);
    topology_dirty_ = true;
  }
  if (one.running() && one.launch == exited.launch) call_dead(one);
  reconcile();
  changes_.notify_all();
}

void Cluster::call_dead(Instance& instance) {
  ended(instance, awake_now());
  reports_.erase(instance.id);
  reported_at_.erase(instance.id);
  control_.drop(instance.id, "its process ended");
  topology_dirty_ = true;
  fleet_news_ = true;
}

Status Cluster::admit(const wire::Hello& hello) {
  const auto found = instances_.find(hello.id);
  if (found == instances_.end()) return Error(Code::kDenied, "unknown instance '" + hello.id + "'");
  const Instance& one = found->second;
  if (hello.launch != one.launch || !one.running()) {
    return Error(Code::kDenied, hello.id + " says launch " + std::to_string(hello.launch) +
                                    ", the current one is " + std::to_string(one.launch));
  }
  if (hello.tier != one.tier || hello.zone != one.zone) {
    return Error(Code::kDenied, hello.id + " says it is a " + hello.tier + " in " + hello.zone);
  }
  return Status();
}

void Cluster::on_hello(const wire::Hello& hello) {
  const auto admitted = instances_.find(hello.id);
  if (admitted == instances_.end()) return;
  Instance& one = admitted->second;
  if (one.pid == 0) one.pid = hello.pid;
  one.heard_at = awake_now();
  control_.send(hello.id, topology());
}

void Cluster::on_message(const std::string& id, uint64_t launch,
                         const wire::ControlMessage& message) {
  const auto found = instances_.find(id);
  if (found == instances_.end()) return;  // forgotten: its last words
  Instance& one = found->second;
  if (one.launch != launch || !one.running()) return;
  const Nanos now = awake_now();
  GroupShell* group = group_of(id);
  if (const auto* report = std::get_if<wire::StatusReport>(&message)) {
    on_status(one, *report);
  } else if (const auto* said = std::get_if<wire::EventReport>(&message)) {
    Event event;
    event.t_ns = said->t_ns;
    event.source = id;
    event.kind = said->kind;
    event.target = id;
    event.zone = one.zone;
    event.text = said->text;
    event.fields = said->fields;
    events_.add(std::move(event));
  } else if (const auto* ack = std::get_if<wire::ViewAck>(&message)) {
    if (group) group->on_view_ack(now, launch, *ack);
  } else if (const auto* request = std::get_if<wire::ViewRequest>(&message)) {
    if (group) group->on_view_request(now, id, launch, *request);
  } else if (const auto* taken = std::get_if<wire::SnapshotTaken>(&message)) {
    if (on_snapshot) on_snapshot(*taken);
  }
}

// It was stopped, and speaks: words that were on their way when it was do not count.
static bool goes_on(const Instance& instance, Nanos now) {
  constexpr uint32_t kOnTheirWayMs = 1000;
  return now - instance.stopped_at > kOnTheirWayMs * kMillisecond &&
         rt::process_state(static_cast<pid_t>(instance.pid)) != 'T';
}

void Cluster::on_status(Instance& instance, const wire::StatusReport& report) {
  const Nanos now = awake_now();
  instance.heard_at = now;
  if (instance.stopped && goes_on(instance, now)) {
    instance.stopped = false;
    event("orchestrator", "heard", instance.id, "was continued by somebody else");
  }
  if (instance.silent) {
    instance.silent = false;
    event("orchestrator", "heard", instance.id, "is heard again");
  }
  instance.health = report.health;
  const bool began = report.serving && report.role == "primary" &&
                     !(instance.member.serving && instance.member.epoch == report.epoch);
  instance.member = MemberFacts();
  instance.member.epoch = report.epoch;
  instance.member.serving = report.serving;
  for (const wire::PeerStatus& peer : report.peers) {
    instance.member.peers.push_back({peer.id, peer.in_sync, peer.connected, peer.lag_ms});
  }
  reports_[instance.id] = report;
  reported_at_[instance.id] = monotonic_now();
  if (instance.tier == "lb") judge_targets();
  take_state(instance, report);
  if (began) {
    event("orchestrator", "serving", instance.id,
          "serves as primary of epoch " + std::to_string(report.epoch));
  }
  if (GroupShell* group = group_of(instance.id)) group->on_status(now, report);
  changes_.notify_all();
}

void Cluster::take_state(Instance& instance, const wire::StatusReport& report) {
  InstanceState state = instance.state;
  if (report.state == "ready")
    state = InstanceState::kReady;
  else if (report.state == "starting")
    state = InstanceState::kStarting;
  else if (report.state == "draining")
    state = InstanceState::kDraining;
  if (state == instance.state || !may_move(instance.state, state)) return;
  move(instance, state);
  topology_dirty_ = true;
  fleet_news_ = true;
  reconcile_later();
  if (state != InstanceState::kReady) return;
  const Nanos age = monotonic_now() - instance.process_since;
  event("orchestrator", "ready", instance.id,
        "is ready, " + std::to_string(age / kMillisecond) + " ms after its start");
}

void Cluster::event(std::string source, std::string kind, const std::string& target,
                    std::string text) {
  Event event;
  event.source = std::move(source);
  event.kind = std::move(kind);
  event.target = target;
  const auto found = instances_.find(target);
  if (found != instances_.end())
    event.zone = found->second.zone;
  else if (std::find(plan_.zones.begin(), plan_.zones.end(), target) != plan_.zones.end()) {
    event.zone = target;
  }
  event.text = std::move(text);
  events_.add(std::move(event));
}

Nanos Cluster::reported_at(const std::string& id) const {
  const auto found = reported_at_.find(id);
  return found == reported_at_.end() ? 0 : found->second;
}

const Instance* Cluster::instance(const std::string& id) const {
  const auto found = instances_.find(id);
  return found == instances_.end() ? nullptr : &found->second;
}

const wire::StatusReport* Cluster::report(const std::string& id) const {
  const auto found = reports_.find(id);
  return found == reports_.end() ? nullptr : &found->second;
}

Views Cluster::views() const {
  Views views;
  for (const auto& [name, group] : groups_) views[name] = group->view();
  return views;
}

Health Cluster::health() const {
  return check_health(plan_, instances_, views(), paused_);
}

GroupShell* Cluster::group(const std::string& name) {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : found->second.get();
}

GroupShell* Cluster::group_of(const std::string& id) {
  for (const auto& [name, group] : groups_) {
    if (group->has(id)) return group.get();
  }
  return nullptr;
}

}  // namespace multiaz::orchestrator
