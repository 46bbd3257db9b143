#include "enginenode/node.h"

#include <sys/stat.h>

#include <csignal>
#include <functional>
#include <optional>

#include "base/core/descriptors.h"
#include "base/core/log.h"
#include "base/rt/unix_peer.h"
#include "base/wire/pgwire_backend.h"
#include "replication/member.h"
#include "replication/wire_view.h"

namespace multiaz::enginenode {

namespace {

constexpr uint64_t kEngineLookMs = 50;
constexpr uint64_t kDoorsMs = 20;
constexpr uint64_t kEngineRetryMs = 100;
constexpr uint64_t kUnansweredMsMax = 3000;  // a silent engine has failed after that
constexpr size_t kClientsMax = 10'000;       // each of them has a connection to the engine

// The engine's own error for a full server: both protocols allow it before the client's first
// bytes.
std::string full_text(bool cache) {
  if (cache) return "-ERR max number of clients reached\r\n";
  wire::pg::Report report;
  report.severity = "FATAL";
  report.code = "53300";
  report.message = "sorry, too many clients already";
  std::string out;
  wire::pg::BackendWriter(out).error(report);
  return out;
}

}  // namespace

Node::Node(NodeOptions options)
    : options_(std::move(options)),
      tier_(options_.engine == "redis" ? "cache" : "db"),
      member_(NodeId(options_.daemon.id), Launch(options_.daemon.launch), options_.timings,
              monotonic_now()),
      doors_timer_([this] { tend_doors(); }) {}

Status Node::open() {
  const Status sourced = open_source();
  if (!sourced) return sourced;
  LinkConfig link;
  link.id = options_.daemon.id;
  link.key_hex = options_.daemon.key_hex;
  link.cluster = options_.daemon.cluster;
  link.group = tier_;
  link.launch = Launch(options_.daemon.launch);
  link.self = rt::make_address(options_.daemon.self.ip, replication::kReplicationPort);
  link.lease_every_ms = options_.timings.heartbeat_ms;
  link.engine_user = engine_->user();
  link_ = std::make_unique<Link>(
      std::move(link), member_, relay_, [this] { return engine_->incarnation().raw; },
      engine_->client_socket());
  const Status linked = link_->start(nursery_);
  if (!linked) return linked;
  doors_ = std::make_unique<rt::RoleListeners>(
      nursery_, tier_, [this](rt::ListenerKind door, std::unique_ptr<rt::Conn> conn) {
        nursery_.spawn("client", welcome(door, std::move(conn)));
      });
  make_agent();
  return doors_->open_own(options_.daemon.self);
}

// PostgreSQL reaches its primary by a unix socket, Redis needs an address.
Status Node::open_source() {
  if (is_cache()) {
    auto listener = rt::Listener::bind_inside();
    if (!listener) return listener.error();
    source_ = std::move(*listener);
    engine_ = make_redis(options_.config, source_->address().port);
    return Status();
  }
  engine_ = make_postgres(options_.config);  // it also makes the folder
  ::unlink(kPostgresSource);
  auto listener = rt::Listener::bind_unix(kPostgresSource);
  if (!listener) return listener.error();
  source_ = std::move(*listener);
  chmod(kPostgresSource, 0777);  // the folder around it is closed to other users
  return Status();
}

void Node::make_agent() {
  agent::AgentConfig config = agent::agent_config(options_.daemon, tier_);
  config.incarnation = engine_->incarnation().raw;
  agent::AgentHandlers handlers;
  handlers.status = [this] { return report(); };
  handlers.on_view = [this](const wire::ViewUpdate& update) { on_view(update); };
  handlers.on_hand_over = [this](const wire::HandOver& order) {
    if (order.group == tier_) member_.on_hand_over(monotonic_now(), NodeId(order.to));
    tend_doors();
  };
  handlers.on_take_snapshot = [this](const wire::TakeSnapshot& order) {
    wire::SnapshotTaken taken;
    taken.group = order.group;
    taken.name = order.name;
    taken.error = "a group on " + options_.engine + " has its own tools for backups";
    agent_->snapshot_taken(taken);
  };
  handlers.on_drain = [this] {
    draining_ = true;
    tend_doors();
  };
  agent_ = std::make_unique<agent::Agent>(std::move(config), std::move(handlers));
}

rt::Task<int> Node::run() {
  const rt::SignalWatch on_term(SIGTERM, [this] { end_with(0); });
  const rt::SignalWatch on_interrupt(SIGINT, [this] { end_with(0); });
  nursery_.spawn("source", accept_from_engine());
  nursery_.spawn("engine", tend_engine());
  nursery_.spawn("agent", agent_->run(nursery_.stopping()));
  doors_timer_.start(kDoorsMs, kDoorsMs);
  agent::print_ready(options_.daemon, tier_, doors_->address());
  const std::optional<int> code = co_await end_.pop();
  doors_timer_.stop();
  doors_->close_all();
  source_->close();
  link_->close();
  relay_.close_all();
  nursery_.stop();
  co_await engine_->stop();  // first, because this also ends what other tasks do with the engine
  co_await nursery_.join();
  log::info("ends with exit code " + std::to_string(*code));
  co_return *code;
}

void Node::end_with(int code) {
  rt::defer([this, code] { end_.push(code); });
}

rt::Task<void> Node::accept_from_engine() {
  while (true) {
    auto conn = co_await source_->accept();
    if (!conn) break;
    if (!is_cache()) {  // a unix socket, whose peer can be checked
      const Status known = rt::check_unix_peer(**conn, kPostgresSource, engine_->user());
      if (!known) {
        log::warn("refused: " + known.error().detail);
        continue;
      }
    }
    nursery_.spawn("stream", link_->carry(std::move(*conn)));
  }
}

// --- clients

// The instance's own address (the last line) is for users and tools. A server that is no primary
// decides itself what it allows there; a primary that may not serve shows nothing.
bool Node::may(rt::ListenerKind door) const {
  const bool serving = member_.serving(monotonic_now());
  if (door == rt::ListenerKind::kPrimary) return serving;
  if (door == rt::ListenerKind::kReader) return serving || member_.readable();
  return serving || !member_.facts().writable;
}

rt::Task<void> Node::welcome(rt::ListenerKind door, std::unique_ptr<rt::Conn> conn) {
  if (!may(door)) co_return;
  if (relay_.size() >= clients_within(kClientsMax, 2)) {
    conn->send(full_text(is_cache()));
    co_return;
  }
  auto engine = co_await rt::connect_unix_to(engine_->client_socket(), engine_->user());
  if (!engine) co_return;
  const std::function<bool()> allowed = [this, door] { return may(door); };
  co_await relay_.run(std::move(conn), std::move(*engine), allowed);
}

void Node::tend_doors() {
  const bool serving = member_.serving(monotonic_now());
  // A standby serves no reads, as in RDS; every cache replica does, as in ElastiCache.
  const replication::LearnerRef* learner = member_.view().learner(NodeId(options_.daemon.id));
  const bool reader =
      member_.readable() && (is_cache() || (learner != nullptr && !learner->candidate));
  doors_->set_open(rt::ListenerKind::kPrimary, serving && !draining_);
  doors_->set_open(rt::ListenerKind::kReader, reader && !draining_);
  relay_.check();
}

// --- the engine

rt::Task<void> Node::tend_engine() {
  Nanos answered_at = monotonic_now();  // the engine's last look
  std::string told;                     // the last problem that was logged
  while (!nursery_.stopping().requested()) {
    EngineFacts facts;
    if (engine_->running()) {
      auto looked = co_await engine_->look(member_.handing_over());
      if (looked) facts = std::move(*looked);
    }
    const Nanos now = monotonic_now();
    if (facts.up || !engine_->running()) answered_at = now;
    const replication::State before = member_.state(now);
    const Orders orders = member_.decide(now, facts);
    if (engine_->died()) {
      log::warn(options_.engine + " has ended");
      end_with(1);
      co_return;
    }
    if (now > answered_at + kUnansweredMsMax * kMillisecond) {
      log::warn(options_.engine + " does not answer");
      end_with(1);
      co_return;
    }
    tend_doors();
    if (member_.state(now) != before) agent_->report_now();
    const Status done = co_await carry_out(orders);
    if (!done && told != done.error().text())
      log::info("the role is not reached yet: " + done.error().text());
    told = done ? "" : done.error().text();
    const uint64_t pause_ms = done ? kEngineLookMs : kEngineRetryMs;
    (void)co_await news_.wait(pause_ms, nursery_.stopping());
  }
}

rt::Task<Status> Node::carry_out(Orders orders) {
  const EngineFacts& facts = member_.facts();
  if (orders.request) ask(*orders.request);
  Status done;
  if (orders.duty == Duty::kPrimary) {
    if (!facts.writable || facts.waits_for != orders.waits_for)
      done = co_await engine_->be_primary(orders.waits_for);
  } else if (orders.duty == Duty::kFollow && !facts.following) {
    const bool in_sync = member_.view().in_sync_member(NodeId(options_.daemon.id)) != nullptr;
    done = co_await engine_->follow(!in_sync);
    agent_->set_incarnation(engine_->incarnation().raw);
  }
  co_return done;
}

// --- the control plane

void Node::ask(const replication::RequestView& request) {
  log::info("asks the manager to " + std::string(to_string(request.change)) + " " +
            request.member.id.raw + ": " + request.reason);
  agent_->request_view(replication::to_wire(tier_, request));
}

void Node::on_view(const wire::ViewUpdate& update) {
  if (update.group != tier_) return;
  const auto view = replication::from_wire(update);
  if (!view) {
    log::warn("a view that cannot be read: " + view.error().text());
    return;
  }
  std::map<std::string, rt::Address> members;
  std::map<std::string, std::string> ids;
  for (const wire::MemberInfo& one : update.members) {
    const auto address = rt::parse_address(one.address, replication::kReplicationPort);
    if (!address) continue;
    members[one.id] = *address;
    ids[one.address] = one.id;
  }
  link_->learn_members(std::move(members));
  engine_->learn_members(std::move(ids));
  if (!member_.on_view(monotonic_now(), view->view, view->fenced)) return;
  log::info("view " + replication::describe(view->view));
  tend_doors();  // first ends what the role no longer allows, before the view is acknowledged
  wire::ViewAck ack;
  ack.group = tier_;
  ack.epoch = member_.view().epoch.raw;
  ack.id = options_.daemon.id;
  agent_->ack_view(ack);
  agent_->report_now();
  news_.notify_all();
}

wire::StatusReport Node::report() const {
  const Nanos now = monotonic_now();
  const EngineFacts& facts = member_.facts();
  const View& view = member_.view();
  wire::StatusReport out;
  out.state = draining_ ? "draining" : "ready";
  out.health = "healthy";
  const replication::State state = member_.state(now);
  const replication::LearnerRef* learner = view.learner(NodeId(options_.daemon.id));
  if (member_.is_primary()) out.role = "primary";
  if (state == replication::State::kSecondary) out.role = "secondary";
  if (learner != nullptr) out.role = learner->candidate ? "learner" : "replica";
  out.epoch = view.epoch.raw;
  if (view.epoch.raw > 0) out.tail = out.commit = facts.position;
  out.tail_epoch = view.epoch.raw > 0 ? facts.timeline : 0;
  out.serving = member_.serving(now);
  out.lease_left_ms = member_.lease_left_ms(now);
  out.incarnation = engine_->incarnation().raw;
  out.view = view.epoch.raw > 0 ? replication::describe(view) : "";
  out.member_state = std::string(to_string(state));
  for (const auto& [id, follower] : facts.followers) {
    wire::PeerStatus peer;
    peer.id = id;
    peer.in_sync = view.in_sync_member(NodeId(id)) != nullptr;
    peer.connected = true;
    peer.acked = follower.position;
    out.peers.push_back(std::move(peer));
  }
  out.counters = facts.counters;
  out.counters["connections"] = relay_.size();
  return out;
}

}  // namespace multiaz::enginenode
