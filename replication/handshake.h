// How two members prove to each other who they are (rule 10). Three frames:
//
//   dialer    Handshake{who, nonce}                    ->
//             <-  Handshake{who, nonce, proof}            acceptor
//             Handshake{who, nonce, proof}             ->
//
// A proof is a keyed hash with the cluster key over both nonces and everything else in the
// Handshake; the key itself never travels, and a recorded proof is worth nothing later.
#pragma once

#include <string>

#include "base/core/result.h"
#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "replication/core/messages.h"

namespace multiaz::replication {

constexpr uint64_t kHandshakeTimeoutMs = 1500;  // longer than a short cut
constexpr size_t kHandshakeBytesMax = 8 * 1024;

struct LinkIdentity {
  std::string cluster;
  std::string group;
  std::string key_hex;
  MemberRef self;
  Launch launch;
};

// On success the peer's Handshake, checked. kDenied: it is not who it should be, the text says
// what differs; anything else: the connection failed. Bytes after the last frame stay unread.
rt::Task<Result<Handshake>> greet_as_dialer(rt::Conn& conn, const LinkIdentity& identity,
                                            NodeId expected);
// kSmallerId: of two members only the one with the smaller id dials; kAnyone: each may.
enum class Dialers { kSmallerId, kAnyone };
rt::Task<Result<Handshake>> greet_as_acceptor(rt::Conn& conn, const LinkIdentity& identity,
                                              Dialers dialers = Dialers::kSmallerId);

// The one rule for who dials: of two members the one with the smaller id.
inline bool dials(const NodeId& self, const NodeId& peer) {
  return self < peer;
}

}  // namespace multiaz::replication
