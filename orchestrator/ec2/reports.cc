#include "orchestrator/ec2/reports.h"

#include <variant>

#include "orchestrator/asg/targets.h"
#include "orchestrator/control/topology.h"

namespace multiaz::orchestrator {

namespace {

// A report that was on its way when its instance was stopped does not show that it was continued.
constexpr uint64_t kOnTheirWayMs = 1000;

std::string port_health(const Instance& one, PortSeen::Holder holder) {
  const std::string port = one.address + ":" + std::to_string(one.port);
  if (holder == PortSeen::Holder::kOther) return port + " is held by a process that is not its own";
  if (holder == PortSeen::Holder::kNobody) return "nothing of it listens at " + port;
  if (!one.scaled.on || one.scaled.standby || one.scaled.well) return "healthy";
  return one.scaled.unhealthy.empty() ? "no load balancer finds it healthy" : one.scaled.unhealthy;
}

InstanceState state_from(const std::string& word, InstanceState otherwise) {
  if (word == "ready") return InstanceState::kReady;
  if (word == "starting") return InstanceState::kStarting;
  if (word == "draining") return InstanceState::kDraining;
  return otherwise;
}

}  // namespace

Status admit(const State& state, const wire::Hello& hello) {
  const Instance* one = state.instance(hello.id);
  if (!one) return Error(Code::kDenied, "unknown instance '" + hello.id + "'");
  if (hello.launch != one->launch || !one->running()) {
    return Error(Code::kDenied, hello.id + " says launch " + std::to_string(hello.launch) +
                                    ", the current one is " + std::to_string(one->launch));
  }
  if (hello.tier != one->tier || hello.zone != one->zone) {
    return Error(Code::kDenied, hello.id + " says it is a " + hello.tier + " in " + hello.zone);
  }
  return Status();
}

void Reports::hello(const wire::Hello& hello) {
  const auto admitted = c_.state.instances.find(hello.id);
  if (admitted == c_.state.instances.end()) return;
  Instance& one = admitted->second;
  if (one.pid == 0) one.pid = hello.pid;
  one.heard_at = c_.awake();
  c_.send(hello.id, topology_of(c_.state, c_.faults, c_.now.monotonic));
}

void Reports::message(const MessageSaid& said) {
  const auto found = c_.state.instances.find(said.id);
  if (found == c_.state.instances.end()) return;  // a late message of a forgotten instance
  Instance& one = found->second;
  if (one.launch != said.launch || !one.running()) return;
  if (c_.state.mistake == Mistake::kBacklogWindsClock) c_.clock.wind(c_.now.monotonic);
  if (const auto* report = std::get_if<wire::StatusReport>(&said.message)) {
    status(one, *report);
  } else if (const auto* told = std::get_if<wire::EventReport>(&said.message)) {
    Event event;
    event.t_ns = told->t_ns;
    event.source = said.id;
    event.kind = told->kind;
    event.target = said.id;
    event.zone = one.zone;
    event.text = told->text;
    event.fields = told->fields;
    c_.emit(LogEvent{std::move(event)});
  } else if (const auto* ack = std::get_if<wire::ViewAck>(&said.message)) {
    if (Group* group = groups_.of(said.id)) group->on_view_ack(said.launch, *ack);
  } else if (const auto* request = std::get_if<wire::ViewRequest>(&said.message)) {
    if (Group* group = groups_.of(said.id)) group->on_view_request(said.id, said.launch, *request);
  } else if (const auto* taken = std::get_if<wire::SnapshotTaken>(&said.message)) {
    c_.emit(SnapshotAnswered{*taken});
  }
}

void Reports::status(Instance& instance, const wire::StatusReport& report) {
  const Nanos now = c_.awake();
  instance.heard_at = now;
  if (instance.stopped && now - instance.stopped_at > kOnTheirWayMs * kMillisecond &&
      c_.state.mistake != Mistake::kStoppedForEver) {
    c_.emit(LookAtProcess{instance.id, instance.launch, instance.pid});
  }
  if (instance.silent) {
    instance.silent = false;
    c_.event("orchestrator", "heard", instance.id, "is heard again");
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
  c_.state.reports[instance.id] = report;
  c_.state.reported_at[instance.id] = c_.now.monotonic;
  if (instance.tier == "lb" && judge_targets(c_.state.reports, now, c_.state.instances)) {
    c_.state.fleet_news = true;
  }
  take_state(instance, report);
  if (began) {
    c_.event("orchestrator", "serving", instance.id,
             "serves as primary of epoch " + std::to_string(report.epoch));
  }
  if (Group* group = groups_.of(instance.id)) group->on_status(report);
}

void Reports::take_state(Instance& instance, const wire::StatusReport& report) {
  const InstanceState state = state_from(report.state, instance.state);
  if (state == instance.state || !may_move(instance.state, state)) return;
  move(instance, state);
  c_.topology_changed();
  if (state != InstanceState::kReady) return;
  const Nanos age = c_.now.monotonic - instance.process_since;
  c_.event("orchestrator", "ready", instance.id,
           "is ready, " + std::to_string(age / kMillisecond) + " ms after its start");
}

void Reports::found_running(const FoundRunning& found) {
  const auto one = c_.state.instances.find(found.id);
  if (one == c_.state.instances.end() || one->second.launch != found.launch) return;
  if (!one->second.stopped) return;
  one->second.stopped = false;
  c_.event("orchestrator", "heard", found.id, "was continued without an order");
}

void Reports::ports(const PortsSeen& seen) {
  for (const PortSeen& port : seen.ports) {
    const auto one = c_.state.instances.find(port.id);
    if (one == c_.state.instances.end() || one->second.launch != port.launch) continue;
    if (one->second.running()) take_port(one->second, port);
  }
}

void Reports::take_port(Instance& instance, const PortSeen& seen) {
  if (instance.stopped) {
    const bool late = c_.awake() - instance.stopped_at > kOnTheirWayMs * kMillisecond;
    if (!seen.stopped && late) found_running({instance.id, instance.launch});
    return;
  }
  if (seen.pid != 0) instance.pid = seen.pid;
  const std::string health = port_health(instance, seen.holder);
  // Only the second sight in a row counts: a process that is ending still holds its port although
  // it belongs to no instance any more.
  const bool taken = seen.holder == PortSeen::Holder::kOther && instance.health == health;
  if (taken != instance.port_taken) {
    c_.topology_changed();
    if (taken) c_.event("orchestrator", "port-taken", instance.id, health);
  }
  instance.port_taken = taken;
  instance.health = health;
}

}  // namespace multiaz::orchestrator
