// The events that go into the core. Its effects are in effects.h.
//
// The driver feeds one Event at a time to Core::step and carries out the returned Effects *in
// order*: before it feeds the next event or, with the care that README.md asks for, later. Some
// effects name an event that answers them; those events are queued and never fed from inside an
// effect.
#pragma once

#include <variant>

#include "replication/core/messages.h"

namespace multiaz::replication {

// The first event, fed once, with the state that survived: the last persisted view (epoch 0: none)
// and the log. `applied` is the lsn of the state machine (log.base after a plain restart).
struct Start {
  View view;
  Mark base;    // the snapshot below the log; lsn 0 without one
  Mark tail;    // the last record of the log, with the whole history
  Lsn durable;  // the tail, or the part that is certain at the group's durability
  Lsn applied;
};
// From the configuration manager. fenced: no former primary's process can serve any more, so the
// new primary need not wait out the grace period. The same view may come again with fenced set.
struct ViewUpdate {
  View view;
  bool fenced = false;
};
// The handshake with a peer is done, so messages may flow. There is one link for each peer at a
// time: a new LinkUp without LinkDown replaces the old link.
struct LinkUp {
  MemberRef peer;
  Launch launch;
};
struct LinkDown {
  NodeId peer;
};
struct Received {
  NodeId from;
  Message message;
};
// Answers to AppendLog, in any grouping: all records up to lsn are written / fdatasynced. `epoch`
// is the epoch of the record at lsn. They never name a record that a TruncateLog removed: the
// driver waits for running syncs before it truncates.
struct Appended {
  Lsn lsn;
  Epoch epoch;
};
struct Persisted {
  Lsn lsn;
  Epoch epoch;
};
// A write or sync of the log or of the view failed: the member steps down and stops (rule 11).
struct LogFailed {
  std::string reason;
};
struct Truncated {  // answers TruncateLog
  Mark tail;
};
// A write of the primary's client. REQUIRES: can_append was kNone, and no event was fed since. The
// records get the lsns tail+1 ...; they return in AppendLog.
struct ClientAppend {
  std::vector<std::string> payloads;
};
// Answers SendRecords: the records up to `last` went to the link (`bytes` of payload). The driver
// feeds it when the link has room for more: this is the back-pressure. last = first-1: the link is
// closed, and nothing was sent.
struct RecordsSent {
  NodeId to;
  uint64_t round = 0;
  Lsn last;
  uint64_t bytes = 0;
};
// Answers SendSnapshot; ok: all chunks went to the link, and the records after `lsn` come next.
struct SnapshotSent {
  NodeId to;
  uint64_t round = 0;
  Lsn lsn;
  bool ok = false;  // false: no snapshot is possible now, and the core asks again
};
// All chunks of a snapshot have arrived; the driver holds them until InstallSnapshot or the next
// one.
struct SnapshotReceived {
  NodeId from;
  Epoch epoch;
  uint64_t round = 0;
  Mark mark;
};
struct SnapshotInstalled {};  // answers InstallSnapshot: state and log now stand at its mark
// The driver dropped log records up to `base` (they are in its own snapshot).
struct LogTrimmed {
  Lsn base;
};
// The manager asks the primary to hand its role over to `to` (orderly switchover).
struct HandOver {
  NodeId to;
};
struct Tick {};  // every kTickMs

// The copies and the destructor of the variant are compiled once (STYLE.md, "Wide variants").
struct Event : std::variant<Start, ViewUpdate, LinkUp, LinkDown, Received, Appended, Persisted,
                            LogFailed, Truncated, ClientAppend, RecordsSent, SnapshotSent,
                            SnapshotReceived, SnapshotInstalled, LogTrimmed, HandOver, Tick> {
  using variant::variant;
  Event(const Event&);
  Event(Event&&) noexcept;
  Event& operator=(const Event&);
  Event& operator=(Event&&) noexcept;
  ~Event();
};

std::string describe(const Event& event);  // one line for traces

}  // namespace multiaz::replication
