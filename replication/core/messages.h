// What members say to each other. replication/codec.h puts these on the wire.
//
// A `round` is one conversation of a primary with one follower: a new link or a new epoch starts
// another with Lead, and batches and acks of an older round are dropped. Links deliver in order
// and lose only by closing.
#pragma once

#include <variant>

#include "replication/core/types.h"

namespace multiaz::replication {

// First frame in both directions of a link (rule 10); checked by the driver, never seen by core.
struct Handshake {
  uint32_t version = 1;
  std::string cluster;
  std::string group;
  NodeId id;
  Incarnation incarnation;
  Launch launch;
  std::string nonce;  // of the sender
  std::string proof;  // keyed hash over both sides' handshake data
};

// Primary -> follower: "this is the view, this is my log; compare, truncate, tell me where you
// are".
struct Lead {
  View view;
  uint64_t round = 0;
  Lsn base;  // records up to here are only in the snapshot
  Lsn tail;
  History history;
};

// Follower -> primary: position in this round. Sent after Lead and whenever durable moves.
struct Ack {
  Epoch epoch;
  uint64_t round = 0;
  Lsn appended;
  Lsn durable;                 // reached the group's durability level
  bool need_snapshot = false;  // the logs have no common point that both still hold
};

// Primary -> follower. Records are lsn prev+1, prev+2, ... without gaps.
struct AppendBatch {
  Epoch epoch;
  uint64_t round = 0;
  Lsn prev;
  Epoch prev_epoch;
  uint64_t prev_hash = 0;
  Lsn commit;
  std::vector<Record> records;
};

struct Heartbeat {
  Epoch epoch;
  Nanos sent_ns = 0;  // the primary's clock; comes back in the ack and means nothing to others
  Lsn commit;
  // The receiver's round, once it follows in it and the sender serves: `commit` then includes all
  // that was acknowledged to anybody before the receiver began to follow. 0: not yet.
  uint64_t current_round = 0;
};

// Grants the primary its lease: the sender will not serve as another primary for grace_ms.
struct HeartbeatAck {
  Epoch epoch;
  Nanos sent_ns = 0;
  Lsn tail;
};

// Follower -> primary: cannot place the batch; lead again.
struct Nack {
  Epoch epoch;
  uint64_t round = 0;
  Lsn expected;
};

// Answer to anything from a lower epoch: there is a newer view.
struct Reject {
  View view;
};

// A snapshot on its way. The driver cuts and collects the chunks; core only sees SnapshotReceived.
struct SnapshotBegin {
  Epoch epoch;
  uint64_t round = 0;
  Mark mark;
};
struct SnapshotChunk {
  uint64_t round = 0;
  uint32_t index = 0;  // from 0, without gaps
  std::string bytes;
};
struct SnapshotEnd {
  uint64_t round = 0;
  uint32_t chunks = 0;
};

// A variant whose copies and destructor are compiled once (STYLE.md, "Wide variants").
struct Message : std::variant<Handshake, Lead, Ack, AppendBatch, Heartbeat, HeartbeatAck, Nack,
                              Reject, SnapshotBegin, SnapshotChunk, SnapshotEnd> {
  using variant::variant;
  Message(const Message&);
  Message(Message&&) noexcept;
  Message& operator=(const Message&);
  Message& operator=(Message&&) noexcept;
  ~Message();
};
// "lead", "ack", ...: for traces.
std::string_view name_of(const Message& message);
// One line for traces: "ack epoch 3 round 7 appended 12 durable 10".
std::string describe(const Message& message);

}  // namespace multiaz::replication
