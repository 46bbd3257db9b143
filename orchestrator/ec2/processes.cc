#include "orchestrator/ec2/processes.h"

#include <algorithm>
#include <csignal>
#include <set>

#include "base/core/log.h"

namespace multiaz::orchestrator {

Status Processes::load() {
  const auto launches = c_.store.launches();
  if (!launches) return launches.error();
  c_.state.launches = *launches;
  for (const auto& [id, launch] : *launches) {
    const auto found = c_.state.instances.find(id);
    if (found != c_.state.instances.end()) found->second.launch = launch;
  }
  return Status();
}

void Processes::adopt(const wire::ProcessList& running) {
  c_.state.adopted = true;
  c_.state.strangers.clear();
  for (const wire::ProcessInfo& process : running.processes) adopt(process);
  remember_launches(running);
  size_t adopted_count = 0;
  for (const auto& [id, one] : c_.state.instances) {
    if (one.running()) ++adopted_count;
    if (one.running() || one.launch == 0) continue;
    wire::Exited unseen;  // it ended while no orchestrator could receive the report
    unseen.id = id;
    unseen.launch = one.launch;
    groups_.exited(unseen);
  }
  c_.event("orchestrator", "start", c_.state.plan.name,
           adopted_count == 0
               ? "starting " + std::to_string(c_.state.instances.size()) + " instances"
               : "adopted " + std::to_string(adopted_count) + " running instances");
  reconcile();
}

void Processes::adopt(const wire::ProcessInfo& process) {
  const auto found = c_.state.instances.find(process.id);
  if (found == c_.state.instances.end()) {
    meet_stranger(process);
    return;
  }
  Instance& one = found->second;
  // The stored state may be an older copy, and a launch number is never given twice.
  if (one.launch < process.launch) {
    c_.event("orchestrator", "amnesia", process.id,
             "the stored state is an older copy: it knows launch " + std::to_string(one.launch) +
                 ", but launch " + std::to_string(process.launch) + " was given already");
    if (c_.state.mistake != Mistake::kLaunchFromOldCopy) one.launch = process.launch;
  }
  if (process.pid == 0) return;
  adopted(one, std::max(one.launch, process.launch), process.pid, process.stopped, c_.awake());
  one.process_since = process.started_ns;
  one.keeper = process.keeper;
}

// Names that the plan does not know (any more) count too, because an instance may come back under
// one.
void Processes::remember_launches(const wire::ProcessList& running) {
  std::map<std::string, uint64_t> later;
  for (const wire::ProcessInfo& process : running.processes) {
    if (process.launch > c_.state.launches[process.id]) later[process.id] = process.launch;
  }
  if (later.empty() || c_.state.mistake == Mistake::kLaunchFromOldCopy) return;
  for (const auto& [id, launch] : later) c_.state.launches[id] = launch;
  const Status saved = c_.store.set_launches(later);
  if (!saved) log::warn("launch numbers are not saved: " + saved.error().text());
}

// A process that the plan does not know shows that the plan is an older copy. A web instance is not
// needed, because Auto Scaling starts what is missing; a member of a group may hold the only copy
// of some data.
void Processes::meet_stranger(const wire::ProcessInfo& process) {
  if (process.pid == 0 || process.id == "orchestrator") return;
  c_.state.strangers.insert(process.id);
  const bool scaled = process.id.starts_with(c_.state.plan.asg.tier + "-");
  c_.event(
      "orchestrator", "amnesia", process.id,
      std::string("the stored plan is an older copy: it does not know this process, which is ") +
          (scaled ? "ended" : "left alone"));
  if (scaled) c_.emit(SignalProcess{process.id, process.launch, SIGKILL, "not in the plan"});
}

void Processes::reconcile() {
  c_.reconcile_due = false;
  // The supervisor may report an exit before it lists the processes that run. A decision at that
  // point would start everything twice.
  if (!c_.state.adopted && c_.state.mistake != Mistake::kStartBeforeAdopt) return;
  const State& state = c_.state;
  std::set<std::string> zones_down;
  for (const auto& [zone, until] : state.holds) zones_down.insert(zone);
  Limits limits;
  limits.silence_ms = state.plan.silence_ms;
  limits.replace_hung_after_ms = state.plan.replace_hung_after_ms;
  limits.replace_unhealthy_after_ms = state.plan.asg.replace_unhealthy_after_ms;
  limits.grace_ms = state.plan.asg.grace_ms;
  std::map<std::string, Launching> to_launch;
  const Snapshot snapshot{c_.awake(),      limits,       state.instances, zones_down,
                          state.suspended, state.paused, state.mistake,   state.suspected_at};
  if (suspect_ourselves(snapshot)) c_.state.suspected_at = c_.awake();
  for (const Action& action : decide(snapshot)) carry_out(action, to_launch);
  if (!to_launch.empty()) launch(to_launch);
  if (state.topology_dirty) c_.push_topology();
}

void Processes::carry_out(const Action& action, std::map<std::string, Launching>& to_launch) {
  Instance& one = c_.state.instances.at(action.id);
  switch (action.kind) {
    case Action::Kind::kStart: to_launch[one.id] = {one.launch + 1, action.reason}; return;
    case Action::Kind::kKill:
      c_.event("orchestrator", "kill", one.id, action.reason);
      c_.signal(one.id, SIGKILL, action.reason);
      return;
    case Action::Kind::kHold:
      move(one, InstanceState::kHeld);
      c_.event("orchestrator", "hold", one.id, "not replaced: " + action.reason);
      c_.state.topology_dirty = true;
      return;
    case Action::Kind::kRelease:
      move(one, InstanceState::kDead);
      c_.reconcile_later();
      return;
    case Action::Kind::kCallSilent:
      one.silent = true;
      c_.event("orchestrator", "silent", one.id, action.reason);
      return;
  }
}

// The numbers are stored before the processes exist, so that no number is ever given twice.
void Processes::launch(const std::map<std::string, Launching>& launches) {
  std::map<std::string, uint64_t> numbers;
  for (const auto& [id, next] : launches) numbers[id] = next.number;
  const Status saved = c_.store.set_launches(numbers);
  if (!saved) {
    // It is tried again at the next tick, and logged once.
    if (!launch_refused_) log::warn("nothing is started: " + saved.error().text());
    launch_refused_ = true;
    return;
  }
  launch_refused_ = false;
  for (const auto& [id, next] : launches) {
    Instance& one = c_.state.instances.at(id);
    const uint64_t number = next.number;
    if (one.launch > 0) c_.event("orchestrator", "replace", id, next.reason);
    started(one, number, c_.awake());
    c_.state.launches[id] = number;
    one.process_since = c_.now.monotonic;
    c_.state.topology_dirty = true;
    c_.emit(SpawnProcess{id, number});
  }
}

void Processes::spawned(const Spawned& answer) {
  const auto found = c_.state.instances.find(answer.id);
  if (found == c_.state.instances.end()) return;  // forgotten meanwhile
  Instance& one = found->second;
  if (one.launch != answer.launch || !one.running()) return;  // it has ended already
  if (!answer.error.empty()) {
    c_.event(answer.source, "start-failed", answer.id, answer.error);
    mark_exited(one);
    c_.reconcile_later();
    return;
  }
  one.pid = answer.pid;
  one.keeper = answer.keeper;
  if (one.mute && one.state == InstanceState::kStarting) {
    move(one, InstanceState::kReady);  // nothing better is known; the load balancers check it
    c_.emit(LookAtPorts());            // a look at the ports is due now, because `up` waits for it
    c_.topology_changed();
  }
  if (!answer.remark.empty()) c_.event("supervisor", "no-limits", answer.id, answer.remark);
}

void Processes::exited(const wire::Exited& exited) {
  const auto found = c_.state.instances.find(exited.id);
  if (found == c_.state.instances.end()) {
    c_.state.strangers.erase(exited.id);
    c_.event("supervisor", "exit", exited.id, how_it_ended(exited));
    return;
  }
  // The failover comes first: the report proves that the process cannot serve any more.
  groups_.exited(exited);
  Instance& one = found->second;
  Event event;
  event.t_ns = exited.t_ns;
  event.source = "supervisor";
  event.kind = "exit";
  event.target = one.id;
  event.zone = one.zone;
  event.text = "pid " + std::to_string(exited.pid) + " " + how_it_ended(exited);
  event.fields["launch"] = std::to_string(exited.launch);
  c_.emit(LogEvent{std::move(event)});
  for (const Fault& fault : c_.faults.spent(one.id)) {
    c_.event("orchestrator", "heal", fault.id,
             fault.kind + " " + fault.a + " is over, because " + one.id + " has ended");
    c_.state.topology_dirty = true;
  }
  if (one.running() && one.launch == exited.launch) mark_exited(one);
  reconcile();
}

void Processes::mark_exited(Instance& instance) {
  ended(instance, c_.awake());
  c_.state.reports.erase(instance.id);
  c_.state.reported_at.erase(instance.id);
  c_.emit(DropConnection{instance.id, "its process ended"});
  c_.state.topology_dirty = true;
  c_.state.fleet_news = true;
}

std::string how_it_ended(const wire::Exited& exited) {
  if (exited.signal == SIGKILL) return "killed by SIGKILL";
  if (exited.signal != 0) return "ended by signal " + std::to_string(exited.signal);
  return "ended with exit code " + std::to_string(exited.exit_code);
}

}  // namespace multiaz::orchestrator
