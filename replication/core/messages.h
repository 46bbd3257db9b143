// The messages between members. replication/codec.h encodes them for the wire.
//
// A `round` is one conversation of a primary with one follower: a new link or a new epoch starts
// the next round with Lead, and batches and acks of an older round are dropped. Links deliver in
// order and lose messages only by closing.
#pragma once

#include <variant>

#include "replication/core/types.h"

namespace multiaz::replication {

// The first frame in both directions of a link (rule 10); the driver checks it, and the core never
// sees it.
struct Handshake {
  uint32_t version = 1;
  std::string cluster;
  std::string group;
  NodeId id;
  Incarnation incarnation;
  Launch launch;
  std::string nonce;  // of the sender
  std::string proof;  // a keyed hash over both sides' handshake data
};

// Primary -> follower: the view and the primary's log. The follower compares, truncates, and
// answers with its position.
struct Lead {
  View view;
  uint64_t round = 0;
  Lsn base;  // records up to here are only in the snapshot
  Lsn tail;
  History history;
};

// Follower -> primary: its position in this round. Sent after Lead and whenever `durable` moves.
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
  // The primary's clock; it returns in the ack and means nothing to other members.
  Nanos sent_ns = 0;
  Lsn commit;
  // The receiver's round, once it follows in it and the sender serves: `commit` then includes every
  // write that was acknowledged to any client before the receiver began to follow. 0: not yet.
  uint64_t current_round = 0;
};

// Grants the primary its lease: the sender will not serve as another primary for grace_ms.
struct HeartbeatAck {
  Epoch epoch;
  Nanos sent_ns = 0;
  Lsn tail;
};

// Follower -> primary: the follower cannot place the batch, so the primary must send Lead again.
struct Nack {
  Epoch epoch;
  uint64_t round = 0;
  Lsn expected;
};

// The answer to any message of a lower epoch: there is a newer view.
struct Reject {
  View view;
};

// The parts of a snapshot. The driver cuts and collects the chunks; the core only gets
// SnapshotReceived.
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

// The copies and the destructor of the variant are compiled once (STYLE.md, "Wide variants").
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
