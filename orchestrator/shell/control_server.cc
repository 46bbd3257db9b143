#include "orchestrator/shell/control_server.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "base/core/log.h"
#include "base/core/random.h"
#include "base/wire/frame.h"

namespace multiaz::orchestrator {

namespace {

// "" for a message that no instance would accept: it is not sent, with a warning each time, because
// sending it would end the link again and again.
std::string framed(const wire::ControlMessage& message) {
  const std::string payload = wire::encode(message);
  if (payload.size() > wire::kControlBytesMax) {
    log::warn("a control message of " + std::to_string(payload.size()) + " bytes is not sent");
    return "";
  }
  std::string bytes;
  wire::write_frame(payload, bytes);
  return bytes;
}

bool is_name(std::string_view text) {
  constexpr size_t kNameBytesMax = 64;
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

// Checks the names before a message quotes any of them. Instances like the name server are in no
// zone.
Status check_names(const wire::Hello& hello) {
  const bool good = is_name(hello.id) && is_name(hello.tier) && is_name(hello.cluster) &&
                    (hello.zone.empty() || is_name(hello.zone));
  return good
             ? Status()
             : Error(Code::kInvalid,
                     "a Hello whose id, tier, zone or cluster is no name (1 to 64 letters, digits, "
                     "'-', '_', '.')");
}

}  // namespace

ControlServer::ControlServer(std::string cluster_id, std::string key_hex, ControlHandlers handlers)
    : cluster_id_(std::move(cluster_id)),
      key_hex_(std::move(key_hex)),
      handlers_(std::move(handlers)) {}

rt::Task<void> ControlServer::run(std::unique_ptr<rt::Listener> listener) {
  listener_ = std::move(listener);
  while (true) {
    auto conn = co_await listener_->accept();
    if (!conn) break;
    if (open_.size() >= kControlConnsMax) continue;  // its connection closes
    nursery_.spawn("control session", serve(std::move(*conn)));
  }
  co_await nursery_.join();
}

void ControlServer::stop() {
  if (listener_) listener_->close();
  for (rt::Conn* conn : open_) conn->close(Code::kCancelled, "the orchestrator ends");
}

rt::Task<Result<wire::ControlMessage>> ControlServer::receive(rt::Conn& conn, size_t bytes_max) {
  while (true) {
    const auto frame = wire::decode_frame(conn.peek(), bytes_max);
    if (!frame) co_return frame.error();
    if (frame->has_value()) {
      auto message = wire::decode_control((*frame)->payload);
      conn.consume((*frame)->consumed);
      co_return message;
    }
    const Status more = co_await conn.more();
    if (!more) co_return more.error();
  }
}

rt::Task<Result<wire::Hello>> ControlServer::handshake(rt::Conn& conn, bool& proven) {
  wire::Challenge challenge;
  challenge.nonce = secret_hex(16);
  conn.deadline_in_ms(kHandshakeMs);
  conn.send(framed(challenge));
  auto message = co_await receive(conn, wire::kHelloBytesMax);
  if (!message) co_return message.error();
  const auto* hello = std::get_if<wire::Hello>(&*message);
  if (!hello) co_return Error(Code::kInvalid, "expected a Hello");
  const Status shaped = check_names(*hello);
  if (!shaped) co_return shaped.error();
  const auto expected =
      wire::membership_proof(key_hex_, "client", challenge.nonce, hello->nonce, hello->id);
  if (!expected) co_return expected.error();
  if (!wire::same_proof(*expected, hello->proof)) {
    co_return Error(Code::kDenied, "'" + hello->id + "' does not prove the cluster key");
  }
  proven = true;
  if (hello->cluster != cluster_id_) {
    co_return Error(Code::kDenied, hello->id + " belongs to cluster '" + hello->cluster + "'");
  }
  const Status admitted = handlers_.admit(*hello);
  if (!admitted) co_return admitted.error();
  wire::Welcome welcome;
  const auto proof =
      wire::membership_proof(key_hex_, "server", hello->nonce, challenge.nonce, hello->id);
  if (!proof) co_return proof.error();
  welcome.nonce = challenge.nonce;
  welcome.proof = *proof;
  conn.send(framed(welcome));
  conn.clear_deadline();
  co_return *hello;
}

rt::Task<void> ControlServer::serve(std::unique_ptr<rt::Conn> conn) {
  open_.insert(conn.get());
  bool proven = false;
  std::optional<rt::Stranger> stranger(std::in_place, strangers_, *conn);
  const auto hello = co_await handshake(*conn, proven);
  stranger.reset();
  if (!hello) {
    // A peer that sends nothing is a port scan or a process that ends, which is no event.
    const Code code = hello.error().code;
    if (code == Code::kDenied || code == Code::kInvalid || code == Code::kLimit) {
      handlers_.on_refused(conn->peer().text(), hello.error(), proven);
    }
    open_.erase(conn.get());
    co_return;
  }
  conn->set_input_max(wire::kControlBytesMax + wire::kFrameHeaderBytes);
  drop(hello->id, "connected again");
  sessions_[hello->id] = conn.get();
  handlers_.on_hello(*hello);
  while (true) {
    const auto message = co_await receive(*conn, wire::kControlBytesMax);
    if (!message) break;
    handlers_.on_message(hello->id, hello->launch, *message);
  }
  const auto mine = sessions_.find(hello->id);
  if (mine != sessions_.end() && mine->second == conn.get()) sessions_.erase(mine);
  open_.erase(conn.get());
}

bool ControlServer::send_bytes(rt::Conn& conn, const std::string& bytes) {
  if (conn.closed() || bytes.empty()) return false;
  if (conn.pending_bytes() > kControlPendingBytesMax) {
    conn.close(Code::kLimit, "the instance does not read");
    return false;
  }
  return conn.send(bytes);
}

bool ControlServer::send(const std::string& id, const wire::ControlMessage& message) {
  const auto session = sessions_.find(id);
  return session != sessions_.end() && send_bytes(*session->second, framed(message));
}

void ControlServer::broadcast(const wire::ControlMessage& message) {
  const std::string bytes = framed(message);
  for (const auto& [id, conn] : sessions_) send_bytes(*conn, bytes);
}

void ControlServer::drop(const std::string& id, std::string_view why) {
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return;
  rt::Conn* conn = session->second;
  sessions_.erase(session);
  conn->close(Code::kClosed, why);
}

}  // namespace multiaz::orchestrator
