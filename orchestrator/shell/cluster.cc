#include "orchestrator/shell/cluster.h"

#include <filesystem>
#include <utility>
#include <variant>

#include "base/agent/faults_taken.h"
#include "base/core/log.h"
#include "base/core/random.h"
#include "base/rt/fabric.h"
#include "base/rt/loop.h"
#include "base/rt/process.h"

namespace multiaz::orchestrator {

namespace {

Moment moment_now() {
  return {monotonic_now(), wall_now_ms()};
}

template <class... Fs>
struct Match : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Match(Fs...) -> Match<Fs...>;

}  // namespace

Cluster::Cluster(Plan plan, Secrets secrets, Folders folders, Store& store, EventLog& events,
                 Hardware& hardware, ControlServer& control, rt::Nursery& nursery)
    : secrets_(std::move(secrets)),
      folders_(std::move(folders)),
      events_(events),
      hardware_(hardware),
      control_(control),
      nursery_(nursery),
      plane_(std::move(plan), secrets_.cluster_id, store, moment_now()),
      picks_(secret_u64()) {}

void Cluster::step(const ControlEvent& event) {
  for (ControlEffect& effect : plane_.step(moment_now(), event)) {
    undone_.push_back(std::move(effect));
  }
  if (std::exchange(carrying_out_, true)) return;
  while (!undone_.empty()) {
    const ControlEffect effect = std::move(undone_.front());
    undone_.pop_front();
    carry_out(effect);
  }
  carrying_out_ = false;
}

void Cluster::tick() {
  if (ports_.due(monotonic_now())) {
    const PortsSeen seen = ports_.look(state());
    if (!seen.ports.empty()) step(seen);
    ports_.looked(monotonic_now(), state());
  }
  step(Tick());
}

void Cluster::on_exited(const wire::Exited& exited) {
  step(Exited{exited});
  changes_.notify_all();
}

void Cluster::on_message(const std::string& id, uint64_t launch,
                         const wire::ControlMessage& message) {
  step(MessageSaid{id, launch, message});
  if (std::holds_alternative<wire::StatusReport>(message)) changes_.notify_all();
}

void Cluster::carry_out(const ControlEffect& effect) {
  const auto later = [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) step(Due());
  };
  std::visit(Match{
                 [&](const LogEvent& e) { events_.add(e.event); },
                 [&](const SpawnProcess& e) { start(e); },
                 [&](const SignalProcess& e) {
                   log::info("signal " + std::to_string(e.signum) + " to " + e.id + ": " + e.why);
                   hardware_.signal(e.id, e.launch, e.signum);
                 },
                 [&](const LookAtProcess& e) {
                   if (rt::process_state(static_cast<pid_t>(e.pid)) != 'T') {
                     step(FoundRunning{e.id, e.launch});
                   }
                 },
                 [&](const LookAtPorts&) { ports_.look_soon(); },
                 [&](const SendMessage& e) { control_.send(e.id, e.message); },
                 [&](const BroadcastTopology& e) {
                   // Links of the control plane are cut at its own end.
                   rt::fabric().set_rules(agent::link_rules(e.own));
                   control_.broadcast(e.topology);
                 },
                 [&](const DropConnection& e) { control_.drop(e.id, e.why); },
                 [&](const DeleteData& e) {
                   std::error_code gone;
                   std::filesystem::remove_all(folders_.run + "/data/" + e.id, gone);
                   changes_.notify_all();
                 },
                 [&](const StepLater&) { rt::defer(later); },
                 [&](const SwitchoverAnswered& e) {
                   const auto asked = switchovers_.find(e.group);
                   if (asked != switchovers_.end()) asked->second = e;
                   changes_.notify_all();
                 },
                 [&](const SnapshotAnswered& e) { handlers_.on_snapshot(e.taken); },
                 [&](const PlaceSnapshot& e) { handlers_.place(e); },
                 [&](const RestoreEnded& e) { handlers_.on_restored(e); },
             },
             effect);
}

void Cluster::start(const SpawnProcess& order) {
  auto spawn = command_of(plan(), secrets_, folders_, order.id, order.launch);
  if (!spawn) {
    Spawned failed;
    failed.id = order.id;
    failed.launch = order.launch;
    failed.source = "orchestrator";
    failed.error = spawn.error().detail;
    step(failed);
    return;
  }
  nursery_.spawn("start " + order.id,
                 watch_spawn(order.id, order.launch, hardware_.spawn(std::move(*spawn))));
}

rt::Task<void> Cluster::watch_spawn(std::string id, uint64_t launch, Hardware::CallPtr call) {
  const Status started = co_await Hardware::finish(call);
  Spawned answer;
  answer.id = id;
  answer.launch = launch;
  if (started) {
    answer.pid = call->done->pid;
    answer.keeper = call->done->keeper;
    answer.remark = call->done->error;
  } else {
    answer.error = started.error().detail;
  }
  step(answer);
}

void Cluster::signal(const std::string& id, int signum, const std::string& why) {
  order([&](ControlPlane& plane) { plane.context.signal(id, signum, why); });
}

void Cluster::event(const std::string& source, const std::string& kind, const std::string& target,
                    const std::string& text) {
  order([&](ControlPlane& plane) { plane.context.event(source, kind, target, text); });
}

Result<std::vector<std::string>> Cluster::resolve(std::string_view target) {
  std::vector<Candidate> candidates;
  for (const auto& [id, one] : instances()) {
    candidates.push_back({id, one.tier, one.zone, role_of(plan(), views(), id), one.running()});
  }
  return resolve_target(target, candidates, picks_++);
}

rt::Task<Result<std::string>> Cluster::fail_over(std::string group, std::string to, bool force) {
  if (switchovers_.contains(group)) {
    co_return Error(Code::kConflict, "a failover of " + group + " is under way");
  }
  switchovers_[group] = std::nullopt;
  order([&](ControlPlane& plane) { plane.groups.named(group)->fail_over(to, force); });
  const Nanos limit = monotonic_now() + kSwitchoverMs * kMillisecond;
  while (!switchovers_[group]) {
    const Nanos now = monotonic_now();
    if (now >= limit) break;
    (void)co_await changes_.wait((limit - now) / kMillisecond + 1);
  }
  const std::optional<SwitchoverAnswered> answer = switchovers_[group];
  switchovers_.erase(group);
  if (!answer) co_return Error(Code::kTimeout, "no failover within the time allowed");
  if (!answer->ok) co_return Error(Code::kConflict, answer->text);
  co_return answer->text;
}

}  // namespace multiaz::orchestrator
