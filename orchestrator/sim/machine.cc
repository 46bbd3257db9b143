#include "orchestrator/sim/machine.h"

#include <csignal>
#include <utility>
#include <variant>

#include "orchestrator/sim/world.h"

namespace multiaz::orchestrator::sim {

namespace {

constexpr Nanos kReportEvery = 150 * kMillisecond;
constexpr Nanos kReconnectAfter = 60 * kMillisecond;

}  // namespace

Process* Machine::find(const std::string& id) {
  const auto found = processes_.find(id);
  return found == processes_.end() ? nullptr : &found->second;
}

bool Machine::runs(const std::string& id) const {
  const auto found = processes_.find(id);
  return found != processes_.end() && found->second.alive;
}

bool Machine::is_cut(const std::string& id) const {
  const auto found = links_.find(id);
  return found != links_.end() && found->second->up.cut();
}

Machine::Link& Machine::link(const std::string& id) {
  std::unique_ptr<Link>& link = links_[id];
  if (!link) {
    const replication::sim::Span delay{kMillisecond / 5, 2 * kMillisecond};
    link.reset(new Link{
        {world_.scheduler(), world_.random(), delay,
         [this, id](Up&& up) { world_.control().heard(id, up.launch, std::move(up.message)); }},
        {world_.scheduler(), world_.random(), delay, [this, id](wire::ControlMessage&& message) {
           Process* process = find(id);
           if (!process || !process->alive) return;
           if (process->stopped)
             process->inbox.push_back(std::move(message));
           else
             hear(*process, message);
         }}});
  }
  return *link;
}

void Machine::spawn(const PlannedInstance& planned, uint64_t launch) {
  Process& process = processes_[planned.id];
  if (process.alive) {
    return world_.violate("started-twice", planned.id + " runs as launch " +
                                               std::to_string(process.launch) +
                                               ", and is started as " + std::to_string(launch));
  }
  if (launch <= process.launch) {
    return world_.violate("launch-number-reused", planned.id + ": launch " +
                                                      std::to_string(launch) + " after " +
                                                      std::to_string(process.launch));
  }
  if (members_.placing[planned.tier]) {
    return world_.violate("restore-beneath-living", planned.id +
                                                        " is started while its folder "
                                                        "is replaced");
  }
  if (members_.mixed[planned.tier]) {
    return world_.violate("half-restored", planned.id +
                                               " is started, and only some members have "
                                               "the snapshot's data");
  }
  process = Process{.links = process.links};
  process.id = planned.id;
  process.tier = planned.tier;
  process.zone = planned.zone;
  process.launch = launch;
  process.mute = planned.foreign;
  process.started_at = process.changed_at = world_.now();
  Spawned answer;
  answer.id = planned.id;
  answer.launch = launch;
  const auto tell = [&] {
    world_.control().deliver_after(world_.random().between(1, 3) * kMillisecond, answer);
  };
  if (spawns_fail && world_.random().percent(50)) {
    answer.error = "cannot fork";
    return tell();
  }
  process.alive = true;
  process.pid = ++last_pid_;
  if (planned.keeps_data) members_.started(planned.id);
  answer.pid = process.pid;
  answer.keeper = process.mute ? process.pid : 0;
  tell();
  const Nanos begins = world_.random().between(10, 60) * kMillisecond;
  const Nanos serves = begins + world_.random().between(20, 300) * kMillisecond;
  const auto id = planned.id;
  if (!process.mute) world_.after(begins, [this, id, launch] { live(id, launch); });
  world_.after(serves, [this, id, launch] { become_ready(id, launch); });
}

void Machine::become_ready(const std::string& id, uint64_t launch) {
  Process* process = find(id);
  if (process && process->alive && process->launch == launch) process->ready = true;
}

void Machine::live(const std::string& id, uint64_t launch) {
  Process* process = find(id);
  if (!process || !process->alive || process->launch != launch) return;
  world_.after(process->linked ? kReportEvery : kReconnectAfter,
               [this, id, launch] { live(id, launch); });
  if (process->stopped) return;
  if (!process->linked) return connect(*process);
  say(*process, report_of(*process));
}

void Machine::connect(Process& process) {
  if (is_cut(process.id)) return;
  wire::Hello hello;
  hello.id = process.id;
  hello.tier = process.tier;
  hello.zone = process.zone;
  hello.launch = process.launch;
  hello.pid = process.pid;
  process.linked = true;  // the agent gets the topology as its welcome
  process.linked = world_.control().welcome(hello);
  if (!process.linked) return;
  process.unhindered_since = world_.now();
  ++process.links;
  say(process, report_of(process));
}

void Machine::say(Process& process, wire::ControlMessage message) {
  if (!process.linked) return;
  link(process.id).up.push({process.launch, std::move(message)});
  if (!is_cut(process.id)) process.said_at = world_.now();
}

wire::StatusReport Machine::report_of(Process& process) {
  wire::StatusReport report;
  report.id = process.id;
  report.launch = process.launch;
  report.state = process.terminating ? "draining" : process.ready ? "ready" : "starting";
  report.health = process.ready ? "healthy" : "starts";
  report.topology_version = process.topology_version;
  if (process.tier == "db" || process.tier == "cache") members_.report(process, report);
  for (const std::string& id : process.targets) {
    const Process* target = find(id);
    const bool well = target && target->alive && target->ready && !target->stopped && !target->sick;
    report.targets.push_back({id, well ? "healthy" : "unhealthy", well ? "" : "timed out", 0, 0});
  }
  return report;
}

void Machine::hear(Process& process, const wire::ControlMessage& message) {
  if (const auto* view = std::get_if<wire::ViewUpdate>(&message)) members_.hear(process, *view);
  if (const auto* order = std::get_if<wire::HandOver>(&message)) members_.hear(process, *order);
  const auto* topology = std::get_if<wire::TopologyUpdate>(&message);
  if (!topology) return;
  if (topology->version < process.topology_version && !world_.control().amnesia()) {
    world_.violate("topology-goes-back", process.id);
  }
  process.topology_version = topology->version;
  if (process.tier != "lb") return;
  process.targets.clear();
  for (const wire::InstanceInfo& one : topology->instances) {
    if (one.tier == "web" && one.state == "ready") process.targets.push_back(one.id);
  }
}

void Machine::send(const std::string& id, const wire::ControlMessage& message) {
  const Process* process = find(id);
  if (process && process->linked) link(id).down.push(message);
}

void Machine::broadcast(const wire::ControlMessage& message) {
  for (const auto& [id, process] : processes_) send(id, message);
}

void Machine::drop(const std::string& id) {
  Process* process = find(id);
  if (!process || !process->linked) return;
  process->linked = false;
  link(id).up.drop_all();
  link(id).down.drop_all();
}

void Machine::drop_all() {
  for (const auto& [id, process] : processes_) drop(id);
}

void Machine::cut(const std::string& id, bool on) {
  Process* process = find(id);
  if (process && is_cut(id) != on) process->unhindered_since = world_.now();
  link(id).up.set_cut(on);
  link(id).down.set_cut(on);
}

void Machine::heal() {
  spawns_fail = false;
  for (auto& [id, process] : processes_) {
    cut(id, false);
    process.sick = process.stubborn = false;
    if (process.alive && process.terminating) terminate(process);
    if (process.alive && process.stopped) signal(id, process.launch, SIGCONT);
  }
}

void Machine::signal(const std::string& id, uint64_t launch, int signum) {
  Process* process = find(id);
  if (!process || !process->alive || process->launch != launch) return;
  if (signum == SIGKILL) return end(*process, SIGKILL);
  if (signum == SIGTERM) return terminate(*process);
  const bool stop = signum == SIGSTOP;
  if (process->stopped == stop) return;
  process->stopped = stop;
  process->changed_at = process->unhindered_since = world_.now();
  if (stop) return;
  for (const auto& message : std::exchange(process->inbox, {})) hear(*process, message);
  if (process->terminating) terminate(*process);
}

// It finishes the work in flight first; a stopped process begins with that when it is continued.
void Machine::terminate(Process& process) {
  process.terminating = true;
  if (process.stopped || process.stubborn) return;
  const std::string id = process.id;
  const uint64_t launch = process.launch;
  world_.after(world_.random().between(5, 150) * kMillisecond, [this, id, launch] {
    Process* one = find(id);
    if (one && one->alive && one->launch == launch && !one->stopped) end(*one, 0);
  });
}

void Machine::end(Process& process, int signum) {
  drop(process.id);
  process.alive = process.stopped = process.ready = false;
  process.inbox.clear();
  process.changed_at = world_.now();
  wire::Exited exited;
  exited.id = process.id;
  exited.launch = process.launch;
  exited.pid = process.pid;
  exited.signal = signum;
  world_.trace(exited.id + " has ended");
  world_.control().deliver_after(world_.random().between(0, 2) * kMillisecond, Exited{exited});
}

wire::ProcessList Machine::list() const {
  wire::ProcessList out;
  for (const auto& [id, process] : processes_) {
    wire::ProcessInfo info;
    info.id = id;
    info.launch = process.launch;
    info.pid = process.alive ? process.pid : 0;
    info.stopped = process.stopped;
    info.keeper = process.mute && process.alive ? process.pid : 0;
    out.processes.push_back(info);
  }
  return out;
}

}  // namespace multiaz::orchestrator::sim
