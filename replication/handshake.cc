#include "replication/handshake.h"

#include <fmt/format.h>

#include <variant>

#include "base/core/random.h"
#include "base/wire/control.h"
#include "base/wire/frame.h"
#include "replication/codec.h"

namespace multiaz::replication {

namespace {

constexpr uint32_t kLinkVersion = 2;
constexpr std::string_view kDialer = "replication dialer";
constexpr std::string_view kAcceptor = "replication acceptor";

std::string everything(const Handshake& who) {
  return fmt::format("{}/{}/{}/{}/{}/{}", who.version, who.cluster, who.group, who.id.raw,
                     who.incarnation.raw, who.launch.raw);
}

Handshake introduce(const LinkIdentity& identity) {
  Handshake out;
  out.version = kLinkVersion;
  out.cluster = identity.cluster;
  out.group = identity.group;
  out.id = identity.self.id;
  out.incarnation = identity.self.incarnation;
  out.launch = identity.launch;
  out.nonce = secret_hex(16);
  return out;
}

Result<std::string> proof_of(const LinkIdentity& identity, std::string_view label,
                             const Handshake& prover, const Handshake& verifier) {
  return wire::membership_proof(identity.key_hex, label, verifier.nonce, prover.nonce,
                                everything(prover));
}

Error refuse(const Handshake& peer, std::string_view what) {
  return Error(Code::kDenied, fmt::format("\"{}\" refused: {}", peer.id.raw, what));
}

Status check_words(const LinkIdentity& identity, const Handshake& peer) {
  if (peer.version != kLinkVersion) {
    return refuse(peer, fmt::format("it speaks version {} of the link protocol, this is {}",
                                    peer.version, kLinkVersion));
  }
  if (peer.cluster != identity.cluster) {
    return refuse(peer, fmt::format("it belongs to cluster \"{}\", this is \"{}\"", peer.cluster,
                                    identity.cluster));
  }
  if (peer.group != identity.group) {
    return refuse(peer, fmt::format("it belongs to group \"{}\", this is \"{}\"", peer.group,
                                    identity.group));
  }
  if (peer.nonce.size() < 16) return refuse(peer, "its nonce is too short");
  return Status();
}

Status check_proof(const LinkIdentity& identity, std::string_view label, const Handshake& peer,
                   const Handshake& self) {
  const auto expected = proof_of(identity, label, peer, self);
  if (!expected) return expected.error();
  if (!wire::same_proof(*expected, peer.proof)) {
    return refuse(peer, "it does not prove the cluster key");
  }
  return Status();
}

Status send_handshake(rt::Conn& conn, const Handshake& message) {
  std::string frame;
  wire::write_frame(encode(message), frame);
  if (!conn.send(frame)) return Error(Code::kClosed, "closed while greeting");
  return Status();
}

rt::Task<Result<Handshake>> receive_handshake(rt::Conn& conn) {
  while (true) {
    const auto frame = wire::decode_frame(conn.peek(), kHandshakeBytesMax);
    if (!frame) co_return frame.error();
    if (frame->has_value()) {
      auto message = decode((*frame)->payload);
      conn.consume((*frame)->consumed);
      if (!message) co_return message.error();
      auto* handshake = std::get_if<Handshake>(&*message);
      if (!handshake) co_return Error(Code::kDenied, "the peer does not begin with a handshake");
      co_return std::move(*handshake);
    }
    const Status more = co_await conn.more();
    if (!more) co_return more.error();
  }
}

}  // namespace

rt::Task<Result<Handshake>> greet_as_dialer(rt::Conn& conn, const LinkIdentity& identity,
                                            NodeId expected) {
  conn.deadline_in_ms(kHandshakeTimeoutMs);
  Handshake self = introduce(identity);
  if (Status sent = send_handshake(conn, self); !sent) co_return sent.error();
  auto peer = co_await receive_handshake(conn);
  if (!peer) co_return peer.error();
  Status good = check_words(identity, *peer);
  if (good.ok() && peer->id != expected) good = refuse(*peer, "it is not " + expected.raw);
  if (good.ok()) good = check_proof(identity, kAcceptor, *peer, self);
  auto proof = proof_of(identity, kDialer, self, *peer);
  if (!proof) co_return proof.error();
  self.proof = std::move(*proof);  // also when it is refused, so that the peer can report it, too
  const Status sent = send_handshake(conn, self);
  if (!good.ok()) co_return good.error();
  if (!sent.ok()) co_return sent.error();
  conn.clear_deadline();
  co_return peer;
}

rt::Task<Result<Handshake>> greet_as_acceptor(rt::Conn& conn, const LinkIdentity& identity,
                                              Dialers dialers) {
  conn.deadline_in_ms(kHandshakeTimeoutMs);
  Handshake self = introduce(identity);
  auto first = co_await receive_handshake(conn);
  if (!first) co_return first.error();
  auto proof = proof_of(identity, kAcceptor, self, *first);
  if (!proof) co_return proof.error();
  // Also for an untrusted client, which then sees the difference itself.
  self.proof = std::move(*proof);
  if (Status sent = send_handshake(conn, self); !sent) co_return sent.error();
  if (Status good = check_words(identity, *first); !good) co_return good.error();
  if (dialers == Dialers::kSmallerId && !dials(first->id, identity.self.id)) {
    co_return refuse(*first, "the member with the smaller id dials");
  }
  auto second = co_await receive_handshake(conn);
  if (!second) co_return second.error();
  if (everything(*second) != everything(*first) || second->nonce != first->nonce) {
    co_return refuse(*second, "it changed its words between two handshakes");
  }
  if (Status good = check_proof(identity, kDialer, *second, self); !good) co_return good.error();
  conn.clear_deadline();
  co_return second;
}

}  // namespace multiaz::replication
