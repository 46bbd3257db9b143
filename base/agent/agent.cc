#include "base/agent/agent.h"

#include <sys/resource.h>
#include <unistd.h>

#include <deque>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "base/agent/security_group.h"
#include "base/agent/faults_taken.h"
#include "base/core/clock.h"
#include "base/core/log.h"
#include "base/core/random.h"
#include "base/rt/conn.h"
#include "base/rt/fabric.h"
#include "base/rt/hogs.h"
#include "base/rt/loop.h"
#include "base/rt/sync.h"
#include "base/wire/control.h"
#include "base/wire/frame.h"

namespace multiaz::agent {

namespace {

constexpr int kLeftOutMax = 2;
constexpr uint64_t kHandshakeMs = 2000;
constexpr size_t kPendingBytesMax = 4 << 20;  // bytes kept for an orchestrator that does not read

// CPU time of this process so far: all threads, user and system.
uint64_t cpu_used_us() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& t) {
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000 + static_cast<uint64_t>(t.tv_usec);
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

// Adds which faults are in force here and how often each of them acted.
void add_proofs(std::map<std::string, uint64_t>& counters) {
  const rt::Fabric::Bites& bites = rt::fabric().bites();
  counters["fabric_bytes_held"] = bites.bytes_held;
  if (bites.bytes_delayed > 0) counters["fabric_bytes_delayed"] = bites.bytes_delayed;
  if (bites.bytes_dropped > 0) counters["fabric_bytes_dropped"] = bites.bytes_dropped;
  if (bites.resets > 0) counters["fabric_resets"] = bites.resets;
  for (const auto& [kind, count] : inner_faults().hits()) counters["fault_" + kind] = count;
  // A fault of a link is two rules, one for each direction, with one id.
  std::set<std::string> in_force;
  for (const std::string& id : rt::fabric().in_force()) in_force.insert(id);
  for (const std::string& id : inner_faults().in_force()) in_force.insert(id);
  counters["faults_in_force"] = in_force.size();
}

}  // namespace

struct Agent::State {
  State(AgentConfig with, AgentHandlers handlers_in)
      : config(std::move(with)),
        handlers(std::move(handlers_in)),
        security_group(config.tier,
                       [this](wire::EventReport report) { queue(std::move(report)); }) {
    rt::fabric().set_self(config.self.ip);
  }
  AgentConfig config;
  AgentHandlers handlers;
  std::unique_ptr<rt::Conn> conn;  // set once the handshake is complete
  rt::Conn* greeting = nullptr;    // set during the handshake
  std::deque<wire::EventReport> events;
  std::unique_ptr<rt::Timer> pace;
  uint64_t topology_version = 0;  // the version that this process acts on
  bool faults_in_place = false;
  wire::StatusReport last;
  int left_out = 0;  // reports in a row that were left out because nothing was new
  SecurityGroup security_group;
  rt::Hogs hogs;

  bool send(const wire::ControlMessage& message);
  void report(bool by_pace = false);
  bool is_stale_news(const wire::StatusReport& now);
  void flush_events();
  void queue(wire::EventReport report);
  void take(const wire::ControlMessage& message);
  rt::Task<Result<wire::ControlMessage>> receive(rt::Conn& from, size_t bytes_max);
  rt::Task<Status> handshake(rt::Conn& with);
  rt::Task<Status> session(rt::Stop& stop);
  void close();
};

bool Agent::State::send(const wire::ControlMessage& message) {
  if (!conn || conn->closed()) return false;
  if (conn->pending_bytes() > kPendingBytesMax) {
    conn->close(Code::kLimit, "the orchestrator does not read");
    return false;
  }
  std::string bytes;
  wire::write_frame(wire::encode(message), bytes);
  return conn->send(bytes);
}

// Nothing but counters has changed since the last report, so every third report suffices (300 ms;
// the orchestrator takes 700 ms for silence). Members of a replication group send every report,
// because the configuration manager counts on each.
bool Agent::State::is_stale_news(const wire::StatusReport& now) {
  const bool same = now.member_state.empty() && left_out < kLeftOutMax && now.state == last.state &&
                    now.health == last.health && now.serving == last.serving &&
                    now.topology_version == last.topology_version;
  bool targets = now.targets.size() == last.targets.size();
  for (size_t i = 0; targets && i < now.targets.size(); ++i) {
    targets =
        now.targets[i].id == last.targets[i].id && now.targets[i].health == last.targets[i].health;
  }
  left_out = same && targets ? left_out + 1 : 0;
  if (left_out == 0) last = now;
  return left_out > 0;
}

void Agent::State::report(bool by_pace) {
  if (!conn || !handlers.status) return;
  wire::StatusReport report = handlers.status();
  report.id = config.id;
  report.launch = config.launch;
  if (report.incarnation.empty()) report.incarnation = config.incarnation;
  report.topology_version = topology_version;
  if (by_pace && is_stale_news(report)) return;
  report.counters["cpu_us"] = cpu_used_us();
  report.counters["sg_denied"] = rt::fabric().denied();
  add_proofs(report.counters);
  send(report);
}

void Agent::State::flush_events() {
  while (!events.empty() && send(events.front())) events.pop_front();
}

void Agent::State::queue(wire::EventReport report) {
  log::info(report.kind + ": " + report.text);
  if (events.size() >= kEventsQueuedMax) events.pop_front();
  events.push_back(std::move(report));
  flush_events();
}

void Agent::State::take(const wire::ControlMessage& message) {
  if (const auto* topology = std::get_if<wire::TopologyUpdate>(&message)) {
    rt::fabric().set_rules(link_rules(topology->faults));
    inner_faults().set(inner_rules(topology->faults, config.self.ip));
    hogs.apply();
    security_group.take(*topology);
    topology_version = topology->version;
    if (handlers.on_topology) handlers.on_topology(*topology);
    const bool had_faults = std::exchange(faults_in_place, !topology->faults.empty());
    // the orchestrator waits for the proof that they act
    if (had_faults || faults_in_place) report();
  } else if (const auto* view = std::get_if<wire::ViewUpdate>(&message)) {
    if (handlers.on_view) handlers.on_view(*view);
  } else if (const auto* hand_over = std::get_if<wire::HandOver>(&message)) {
    if (handlers.on_hand_over) handlers.on_hand_over(*hand_over);
  } else if (const auto* order = std::get_if<wire::TakeSnapshot>(&message)) {
    if (handlers.on_take_snapshot) handlers.on_take_snapshot(*order);
  } else if (std::holds_alternative<wire::Drain>(message)) {
    if (handlers.on_drain) handlers.on_drain();
  }
}

rt::Task<Result<wire::ControlMessage>> Agent::State::receive(rt::Conn& from, size_t bytes_max) {
  while (true) {
    auto frame = wire::decode_frame(from.peek(), bytes_max);
    if (!frame) co_return frame.error();
    if (frame->has_value()) {
      auto message = wire::decode_control((*frame)->payload);
      from.consume((*frame)->consumed);
      co_return message;
    }
    const Status more = co_await from.more();
    if (!more) co_return more.error();
  }
}

rt::Task<Status> Agent::State::handshake(rt::Conn& with) {
  auto first = co_await receive(with, wire::kHelloBytesMax);
  if (!first) co_return first.error();
  const auto* challenge = std::get_if<wire::Challenge>(&*first);
  if (!challenge) co_return Error(Code::kInvalid, "expected a Challenge");
  wire::Hello hello;
  hello.cluster = config.cluster;
  hello.id = config.id;
  hello.tier = config.tier;
  hello.zone = config.zone;
  hello.address = config.self.text();
  hello.launch = config.launch;
  hello.pid = getpid();
  hello.nonce = secret_hex(16);
  hello.incarnation = config.incarnation;
  hello.version = "1";
  const auto proof =
      wire::membership_proof(config.key_hex, "client", challenge->nonce, hello.nonce, config.id);
  if (!proof) co_return proof.error();
  hello.proof = *proof;
  std::string bytes;
  wire::write_frame(wire::encode(hello), bytes);
  with.send(bytes);
  auto second = co_await receive(with, wire::kHelloBytesMax);
  if (!second) co_return second.error();
  const auto* welcome = std::get_if<wire::Welcome>(&*second);
  if (!welcome) co_return Error(Code::kDenied, "the orchestrator refused this instance");
  const auto expected =
      wire::membership_proof(config.key_hex, "server", hello.nonce, challenge->nonce, config.id);
  if (!expected) co_return expected.error();
  if (!wire::same_proof(*expected, welcome->proof)) {
    co_return Error(Code::kDenied, "the orchestrator does not know the cluster key");
  }
  co_return Status();
}

void Agent::State::close() {
  for (rt::Conn* open : {conn.get(), greeting}) {
    if (open) open->close(Code::kCancelled, "this instance stops");
  }
}

rt::Task<Status> Agent::State::session(rt::Stop& stop) {
  rt::ConnectOptions options;
  options.to = config.control;
  options.from.ip = config.self.ip;
  auto connected = co_await rt::connect_tcp(options);
  if (!connected) co_return connected.error();
  if (stop.requested()) co_return Status();
  std::unique_ptr<rt::Conn> fresh = std::move(*connected);
  fresh->set_input_max(wire::kControlBytesMax + wire::kFrameHeaderBytes);
  fresh->deadline_in_ms(kHandshakeMs);
  greeting = fresh.get();
  const Status welcomed = co_await handshake(*fresh);
  greeting = nullptr;
  if (!welcomed) co_return welcomed.error();
  fresh->clear_deadline();
  conn = std::move(fresh);
  report();
  flush_events();
  Status end;
  while (true) {
    auto message = co_await receive(*conn, wire::kControlBytesMax);
    if (!message) {
      end = message.error();
      break;
    }
    take(*message);
  }
  conn.reset();
  co_return end;
}

Agent::Agent(AgentConfig config, AgentHandlers handlers)
    : state_(std::make_unique<State>(std::move(config), std::move(handlers))) {}

Agent::~Agent() = default;

rt::Task<void> Agent::run(rt::Stop& stop) {
  State& s = *state_;
  s.pace = std::make_unique<rt::Timer>([&s] { s.report(true); });
  s.pace->start(kReportIntervalMs, kReportIntervalMs);
  const rt::Stop::Ticket ticket = stop.add([&s] { s.close(); });
  std::string last;
  while (!stop.requested()) {
    const Status ended = co_await s.session(stop);
    const std::string why = ended.ok() ? "" : ended.error().text();
    if (!stop.requested() && why != last) log::info("control connection: " + why);
    last = why;
    (void)co_await rt::sleep_ms(kReconnectMs, stop);
  }
  stop.remove(ticket);
  s.pace.reset();
}

bool Agent::connected() const {
  return state_->conn && !state_->conn->closed();
}
void Agent::report_now() {
  state_->report();
}

void Agent::event(std::string kind, std::string text, wire::Texts fields) {
  wire::EventReport report;
  report.t_ns = on_host_clock(monotonic_now());
  report.kind = std::move(kind);
  report.text = std::move(text);
  report.fields = std::move(fields);
  state_->queue(std::move(report));
}

bool Agent::request_view(const wire::ViewRequest& request) {
  return state_->send(request);
}
bool Agent::ack_view(const wire::ViewAck& ack) {
  return state_->send(ack);
}
bool Agent::snapshot_taken(const wire::SnapshotTaken& taken) {
  return state_->send(taken);
}
void Agent::set_incarnation(std::string incarnation) {
  state_->config.incarnation = std::move(incarnation);
}

}  // namespace multiaz::agent
