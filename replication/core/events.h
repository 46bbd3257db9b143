// What goes into the core. What comes out is in effects.h.
//
// The driver feeds one Event at a time to Core::step and carries out the returned Effects *in
// order*, before it feeds the next or, with the care that README.md asks for, later. An effect that
// is answered names the event that answers it; those events are queued, never fed from inside.
#pragma once

#include <variant>

#include "replication/core/messages.h"

namespace multiaz::replication {

// Once, first. What survived: the last persisted view (epoch 0: none) and the log. `applied`:
// what the state machine holds already (log.base after a plain restart).
struct Start {
  View view;
  Mark base;    // the snapshot below the log; lsn 0 without one
  Mark tail;    // the last record of the log, whole history
  Lsn durable;  // tail, or what of it is certain at the group's durability
  Lsn applied;
};
// From the configuration manager. fenced: no former primary's process can serve any more, so the
// new primary need not wait out the grace. May come again with fenced set.
struct ViewUpdate {
  View view;
  bool fenced = false;
};
// The handshake with a peer is done; messages may flow. One link for each peer at a time: a new
// LinkUp without LinkDown replaces the old link.
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
// is that of the record at lsn. Never for a record that a TruncateLog removed: the driver waits
// for running syncs before it truncates.
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
// The primary's client. REQUIRES: can_append was kNone, and nothing was fed since. The records get
// the lsns tail+1 ...; they return in AppendLog.
struct ClientAppend {
  std::vector<std::string> payloads;
};
// Answers SendRecords: up to `last` went to the link (`bytes` of payload). To be fed when the link
// has room for more: this is the back-pressure. last = first-1: the link is closed, nothing went.
struct RecordsSent {
  NodeId to;
  uint64_t round = 0;
  Lsn last;
  uint64_t bytes = 0;
};
// Answers SendSnapshot; ok: all chunks went to the link, records after `lsn` come next.
struct SnapshotSent {
  NodeId to;
  uint64_t round = 0;
  Lsn lsn;
  bool ok = false;  // false: not possible now; core asks again
};
// All chunks of a snapshot are here; the driver holds them until InstallSnapshot or the next one.
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
// The manager asks the primary to hand its role to `to` (orderly switchover).
struct HandOver {
  NodeId to;
};
struct Tick {};  // every kTickMs

// A variant whose copies and destructor are compiled once (STYLE.md, "Wide variants").
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
