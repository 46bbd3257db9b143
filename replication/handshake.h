// The handshake by which two members authenticate each other (rule 10). It has three frames:
//
//   dialer    Handshake{id, nonce}                     ->
//             <-  Handshake{id, nonce, proof}            acceptor
//             Handshake{id, nonce, proof}              ->
//
// A proof is a keyed hash with the cluster key over both nonces and everything else in the
// Handshake; the key itself is never sent, and a recorded proof is worth nothing later.
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

// On success it returns the peer's Handshake, checked. kDenied: it is not the expected peer, and
// the text names the difference; any other error: the connection failed. Bytes after the last frame
// stay unread.
rt::Task<Result<Handshake>> greet_as_dialer(rt::Conn& conn, const LinkIdentity& identity,
                                            NodeId expected);
// kSmallerId: of two members only the one with the smaller id dials; kAnyone: each may dial.
enum class Dialers { kSmallerId, kAnyone };
rt::Task<Result<Handshake>> greet_as_acceptor(rt::Conn& conn, const LinkIdentity& identity,
                                              Dialers dialers = Dialers::kSmallerId);

// The one rule for dialling: of two members the one with the smaller id dials.
inline bool dials(const NodeId& self, const NodeId& peer) {
  return self < peer;
}

}  // namespace multiaz::replication
