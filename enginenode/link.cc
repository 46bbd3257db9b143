#include "enginenode/link.h"

#include <optional>

#include "base/core/log.h"
#include "base/rt/sync.h"

namespace multiaz::enginenode {

namespace {

constexpr uint64_t kRetryMs = 50;
constexpr uint64_t kIdleMs = 20;
constexpr uint64_t kLeaseAnswerMs = 1000;

}  // namespace

rt::Task<Result<std::string>> read_line(rt::Conn& conn) {
  while (true) {
    const std::string_view bytes = conn.peek();
    const size_t end = bytes.find('\n');
    if (end != bytes.npos && end <= kLineBytesMax) {
      std::string line(bytes.substr(0, end));
      conn.consume(end + 1);
      co_return line;
    }
    if (bytes.size() > kLineBytesMax) co_return Error(Code::kLimit, "a line is too long");
    const Status more = co_await conn.more();
    if (!more) co_return more.error();
  }
}

Link::Link(LinkConfig config, Member& member, Relay& relay,
           std::function<std::string()> incarnation, std::string engine_socket)
    : config_(std::move(config)),
      member_(member),
      relay_(relay),
      incarnation_(std::move(incarnation)),
      engine_socket_(std::move(engine_socket)) {}

Status Link::start(rt::Nursery& nursery) {
  auto listener = rt::Listener::bind(config_.self);
  if (!listener) return listener.error();
  listener_ = std::move(*listener);
  nursery_ = &nursery;
  nursery.spawn("link", accept_all());
  return Status();
}

void Link::close() {
  closed_ = true;
  if (listener_) listener_->close();
}

void Link::learn_members(std::map<std::string, rt::Address> members) {
  members_ = std::move(members);
  for (const auto& [id, address] : members_) {
    if (id == config_.id || closed_ || !asked_.insert(id).second) continue;
    nursery_->spawn("lease of " + id, ask_leases(id));
  }
}

replication::LinkIdentity Link::identity() const {
  replication::LinkIdentity out;
  out.cluster = config_.cluster;
  out.group = "engine of " + config_.group;
  out.key_hex = config_.key_hex;
  out.self.id = NodeId(config_.id);
  out.self.incarnation = Incarnation(incarnation_());
  out.launch = config_.launch;
  return out;
}

rt::Task<void> Link::accept_all() {
  while (true) {
    auto conn = co_await listener_->accept();
    if (!conn) break;
    nursery_->spawn("peer", serve(std::move(*conn)));
  }
}

// Returns what the peer asks for, after both sides have proven their identity.
rt::Task<Result<std::string>> Link::greet(rt::Conn& conn) {
  const auto peer =
      co_await replication::greet_as_acceptor(conn, identity(), replication::Dialers::kAnyone);
  if (!peer) co_return peer.error();
  conn.deadline_in_ms(kHelloMs);
  auto wanted = co_await read_line(conn);
  if (!wanted) co_return wanted.error();
  conn.clear_deadline();
  member_.on_follower(peer->id.raw, peer->incarnation);
  co_return wanted;
}

rt::Task<void> Link::serve(std::unique_ptr<rt::Conn> conn) {
  std::optional<rt::Stranger> stranger(std::in_place, strangers_, *conn);
  const auto wanted = co_await greet(*conn);
  stranger.reset();
  if (!wanted) {
    if (wanted.error().code == Code::kDenied) {
      log::warn("refused a peer of " + conn->peer().ip_text() + ": " + wanted.error().detail);
    }
    co_return;
  }
  if (*wanted == "lease") {
    co_await answer_leases(*conn);
    co_return;
  }
  if (*wanted != "stream") co_return;
  // Only the engine of a primary can be the source of a stream.
  if (!member_.is_primary() || !member_.facts().writable) co_return;
  auto engine = co_await rt::connect_unix_to(engine_socket_, config_.engine_user);
  if (!engine) co_return;
  const Epoch epoch = member_.view().epoch;
  const std::function<bool()> allowed = [this, epoch] {
    return member_.is_primary() && member_.view().epoch >= epoch;
  };
  co_await relay_.run(std::move(conn), std::move(*engine), allowed);
}

rt::Task<void> Link::answer_leases(rt::Conn& conn) {
  while (!closed_) {
    const auto line = co_await read_line(conn);
    if (!line) co_return;
    const auto asked = parse_lease(*line);
    if (!asked) co_return;
    const bool yes = member_.grant(monotonic_now(), asked->epoch);
    conn.send((yes ? "yes " : "no ") + asked->number + "\n");
  }
}

rt::Task<Result<std::unique_ptr<rt::Conn>>> Link::call(std::string peer, std::string kind) {
  const auto address = members_.find(peer);
  if (address == members_.end()) co_return Error(Code::kNotFound, peer + " is no member");
  rt::ConnectOptions options;
  options.to = address->second;
  options.from = rt::make_address(config_.self.ip, 0);
  options.timeout_ms = kLinkConnectMs;
  auto conn = co_await rt::connect_tcp(options);
  if (!conn) co_return conn.error();
  // Before the peer has proven to be this member it gets no question for the lease, whose answer
  // would be believed, and not the engine's password.
  const auto proven = co_await replication::greet_as_dialer(**conn, identity(), NodeId(peer));
  if (!proven) {
    if (proven.error().code == Code::kDenied) {
      log::warn("the link to " + peer + ": " + proven.error().detail);
    }
    co_return proven.error();
  }
  (*conn)->send(kind + "\n");
  co_return std::move(*conn);
}

rt::Task<void> Link::ask_leases(std::string peer) {
  while (!closed_ && members_.contains(peer)) {
    if (!member_.asks_for_lease(peer)) {
      (void)co_await rt::sleep_ms(kIdleMs, nursery_->stopping());
      continue;
    }
    auto conn = co_await call(peer, "lease");
    if (conn) co_await ask_over(**conn, peer);
    (void)co_await rt::sleep_ms(kRetryMs, nursery_->stopping());
  }
  asked_.erase(peer);
}

rt::Task<void> Link::ask_over(rt::Conn& conn, std::string peer) {
  uint64_t number = 0;
  while (!closed_ && member_.asks_for_lease(peer)) {
    const Epoch epoch = member_.view().epoch;
    const Nanos asked_at = monotonic_now();
    conn.deadline_in_ms(kLeaseAnswerMs);
    conn.send("lease " + std::to_string(epoch.raw) + " " + std::to_string(++number) + "\n");
    const auto line = co_await read_line(conn);
    if (!line) co_return;
    if (*line == "yes " + std::to_string(number)) member_.on_granted(peer, epoch, asked_at);
    (void)co_await rt::sleep_ms(config_.lease_every_ms, nursery_->stopping());
  }
}

rt::Task<void> Link::carry(std::unique_ptr<rt::Conn> from_engine) {
  const NodeId primary = member_.view().primary;
  const Epoch epoch = member_.view().epoch;
  if (epoch.raw == 0 || member_.is_primary() || closed_) co_return;
  auto conn = co_await call(primary.raw, "stream");
  if (!conn) co_return;
  const std::function<bool()> allowed = [this, primary] {
    return !member_.is_primary() && member_.view().primary == primary;
  };
  co_await relay_.run(std::move(from_engine), std::move(*conn), allowed);
}

}  // namespace multiaz::enginenode
