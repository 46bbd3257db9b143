#include "replication/links.h"

#include <fmt/format.h>

#include <optional>

#include "base/core/log.h"
#include "base/rt/loop.h"
#include "base/rt/sync.h"
#include "base/wire/frame.h"
#include "replication/codec.h"

namespace multiaz::replication {

struct Links::Link : std::enable_shared_from_this<Link> {
  uint64_t serial = 0;
  MemberRef peer;
  Launch launch;
  std::unique_ptr<rt::Conn> conn;
  std::string out;  // bytes that wait for flush()
  bool wants_room = false;
  std::optional<Stream> stream;
  Nanos stream_spent = 0;  // since the last pause
  rt::Wait work;           // of write_loop
  bool gone = false;
  uint64_t silent_ticks = 0;  // nothing was received
  uint64_t quiet_ticks = 0;   // nothing was sent

  size_t pending() const { return conn->pending_bytes() + out.size(); }
};

namespace {
constexpr size_t kKeepBufferBytes = 1u << 20;
}

Links::Links(LinkIdentity identity, std::unique_ptr<rt::Listener> listener, LinkUser& user)
    : identity_(std::move(identity)), listener_(std::move(listener)), user_(user) {}

Links::~Links() = default;

rt::Task<void> Links::run() {
  running_ = true;
  nursery_.spawn("replication accept", accept_loop());
  set_peers(wanted_);
  co_await nursery_.join();
  running_ = false;
}

void Links::stop() {
  nursery_.stop();
  listener_->close();
  for (const auto& [peer, link] : links_) close(*link, Code::kCancelled, "stopping");
  for (rt::Conn* conn : greeting_) conn->close(Code::kCancelled, "stopping");
}

void Links::set_peers(std::map<NodeId, rt::Address> peers) {
  wanted_ = std::move(peers);
  for (const auto& [peer, link] : links_) {
    const bool mine = dials(identity_.self.id, peer);
    if (mine && wanted_.count(peer) == 0) close(*link, Code::kCancelled, "left the view");
  }
  if (!running_ || nursery_.stopping().requested()) return;
  for (const auto& [peer, address] : wanted_) {
    if (!dials(identity_.self.id, peer) || dialling_[peer]) continue;
    dialling_[peer] = true;
    nursery_.spawn("dial " + peer.raw, dial_loop(peer));
  }
}

uint64_t Links::serial(const NodeId& peer) const {
  const auto found = links_.find(peer);
  return found == links_.end() ? 0 : found->second->serial;
}

// --- making connections ---

rt::Task<void> Links::accept_loop() {
  while (true) {
    auto conn = co_await listener_->accept();
    if (!conn) co_return;
    nursery_.spawn("replication greeting", greet_inbound(std::move(*conn)));
  }
}

rt::Task<void> Links::greet_inbound(std::unique_ptr<rt::Conn> conn) {
  greeting_.insert(conn.get());
  std::optional<rt::Stranger> stranger(std::in_place, strangers_, *conn);
  auto peer = co_await greet_as_acceptor(*conn, identity_);
  stranger.reset();
  greeting_.erase(conn.get());
  if (!peer) {
    refused(NodeId(conn->peer().ip_text()), peer.error());
    co_return;
  }
  co_await serve(std::move(conn), std::move(*peer));
}

rt::Task<void> Links::dial_loop(NodeId peer) {
  while (!nursery_.stopping().requested()) {
    const auto wanted = wanted_.find(peer);
    if (wanted == wanted_.end()) break;
    const uint64_t pause_ms = co_await dial_once(peer, wanted->second);
    const Status slept = co_await rt::sleep_ms(pause_ms, nursery_.stopping());
    if (!slept) break;
  }
  dialling_[peer] = false;
}

// Runs one connection from dial to end. Returns the pause before the next one.
rt::Task<uint64_t> Links::dial_once(NodeId peer, rt::Address to) {
  rt::ConnectOptions options;
  options.to = to;
  options.from = rt::make_address(listener_->address().ip, 0);
  options.timeout_ms = kDialTimeoutMs;
  auto conn = co_await rt::connect_tcp(options);
  if (!conn) co_return kRedialMs;
  rt::Conn* const greeted = conn->get();
  greeting_.insert(greeted);
  auto answer = co_await greet_as_dialer(*greeted, identity_, peer);
  greeting_.erase(greeted);
  if (!answer) {
    refused(peer, answer.error());
    co_return answer.error().code == Code::kDenied ? kRedialRefusedMs : kRedialMs;
  }
  co_await serve(std::move(*conn), std::move(*answer));
  co_return kRedialMs;
}

void Links::refused(const NodeId& peer, const Error& error) {
  if (error.code != Code::kDenied) return;
  if (refusals_.size() > kRefusalsMax) refusals_.clear();
  std::string& said = refusals_[peer];
  if (said == error.detail) return;
  said = error.detail;
  user_.link_refused(fmt::format("replication link with {}: {}", peer.raw, error.detail));
}

// --- the life of a link ---

rt::Task<void> Links::serve(std::unique_ptr<rt::Conn> conn, Handshake peer) {
  auto link = std::make_shared<Link>();
  link->serial = ++serials_;
  link->peer.id = peer.id;
  link->peer.incarnation = peer.incarnation;
  link->launch = peer.launch;
  link->conn = std::move(conn);
  link->conn->set_input_max(kMessageBytesMax + wire::kFrameHeaderBytes);
  if (!adopt(link)) co_return;
  nursery_.spawn("link writer " + peer.id.raw, write_loop(link));
  const Status end = co_await read_loop(link);
  retire(link, end);
}

// A peer has one link. A new connection is newer than the known one, unless it comes from a process
// that has ended since.
bool Links::adopt(const LinkPtr& link) {
  if (nursery_.stopping().requested() || link->conn->closed()) return false;
  const auto known = links_.find(link->peer.id);
  if (known != links_.end()) {
    if (link->launch < known->second->launch) return false;
    close(*known->second, Code::kCancelled, "replaced by a newer connection");
  }
  links_[link->peer.id] = link;
  refusals_.erase(link->peer.id);
  log::debug(fmt::format("link to {} is up", link->peer.id.raw));
  user_.link_up(link->peer, link->launch);
  return true;
}

void Links::retire(const LinkPtr& link, const Status& why) {
  const Error reason = why.ok() ? Error(Code::kClosed) : why.error();
  close(*link, reason.code, reason.detail);
  const auto known = links_.find(link->peer.id);
  if (known == links_.end() || known->second != link) return;  // it was replaced
  links_.erase(known);
  log::debug(fmt::format("link to {} is down: {}", link->peer.id.raw, reason.text()));
  user_.link_down(link->peer.id);
}

void Links::close(Link& link, Code code, std::string_view why) {
  link.gone = true;
  link.conn->close(code, why);
  if (link.stream) std::exchange(link.stream, std::nullopt)->done(false);
  rt::defer([held = link.shared_from_this()] { held->work.wake(); });
}

rt::Task<Status> Links::read_loop(LinkPtr link) {
  while (true) {
    if (Status taken = take_frames(*link); !taken) co_return taken;
    const Status more = co_await link->conn->more();
    if (!more) co_return more;
    link->silent_ticks = 0;
  }
}

Status Links::take_frames(Link& link) {
  while (!link.gone) {
    const auto frame = wire::decode_frame(link.conn->peek(), kMessageBytesMax);
    if (!frame) return frame.error();
    if (!frame->has_value()) return Status();
    if (!(*frame)->payload.empty()) {  // an empty one only keeps the link alive
      auto message = decode((*frame)->payload);
      if (!message) return message.error();
      user_.link_message(link.peer.id, std::move(*message));
    }
    link.conn->consume((*frame)->consumed);
  }
  return Error(Code::kCancelled, "closed here");
}

// It alone waits for room, and serves both the requests for room and the stream.
rt::Task<void> Links::write_loop(LinkPtr link) {
  while (!link->gone) {
    if (!link->wants_room && !link->stream) {
      co_await link->work;
      continue;
    }
    const Status room = co_await link->conn->write("");
    if (!room || link->gone) break;
    if (link->wants_room) {
      link->wants_room = false;
      user_.link_room(link->peer.id);
    }
    if (!link->stream) continue;
    const Nanos began = monotonic_now();
    const std::optional<std::string> piece = link->stream->next();
    if (piece) {
      wire::write_frame(*piece, link->out);
      flush();
    } else {
      std::exchange(link->stream, std::nullopt)->done(true);
    }
    // Other messages and clients come first.
    link->stream_spent += monotonic_now() - began;
    if (link->stream_spent < kStreamSliceUs * 1000) {
      co_await rt::yield();
    } else {
      link->stream_spent = 0;
      const uint64_t pause_ms = user_.in_use() ? kStreamPauseInUseMs : kStreamPauseMs;
      co_await rt::sleep_ms(pause_ms);
    }
  }
}

// --- sending ---

void Links::send(const NodeId& to, std::string_view message) {
  const auto found = links_.find(to);
  if (found == links_.end() || found->second->gone) return;
  wire::write_frame(message, found->second->out);
}

bool Links::has_room(const NodeId& to) const {
  const auto found = links_.find(to);
  if (found == links_.end()) return true;
  Link& link = *found->second;
  if (link.pending() <= rt::kPendingBytesHigh) return true;
  link.wants_room = true;
  rt::defer([held = found->second] { held->work.wake(); });
  return false;
}

void Links::stream(const NodeId& to, Stream stream) {
  const auto found = links_.find(to);
  if (found == links_.end() || found->second->gone) return stream.done(false);
  Link& link = *found->second;
  if (link.stream) std::exchange(link.stream, std::nullopt)->done(false);
  link.stream = std::move(stream);
  rt::defer([held = found->second] { held->work.wake(); });
}

void Links::flush() {
  for (const auto& [peer, link] : links_) {
    if (link->out.empty() || link->gone) continue;
    if (link->pending() > kLinkPendingBytesMax) {
      close(*link, Code::kLimit, "the peer does not take what is sent");
      continue;
    }
    link->quiet_ticks = 0;
    link->conn->send(link->out);
    link->out.clear();
    if (link->out.capacity() > kKeepBufferBytes) link->out.shrink_to_fit();
  }
}

// It counts ticks, not time, so that after a pause of this process no peer counts as silent.
void Links::tick() {
  for (const auto& [peer, link] : links_) {
    if (++link->silent_ticks * kLinksTickMs > kLinkSilentMs) {
      close(*link, Code::kTimeout, "silent");
      continue;
    }
    if (++link->quiet_ticks * kLinksTickMs < kKeepAliveMs || link->gone) continue;
    wire::write_frame("", link->out);
  }
  flush();
}

}  // namespace multiaz::replication
