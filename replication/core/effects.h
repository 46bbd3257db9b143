// What the core wants done, to be carried out in order (see events.h); "-> X" names the event that
// answers an effect.
#pragma once

#include <variant>

#include "replication/core/messages.h"

namespace multiaz::replication {

enum class State { kStarting, kIdle, kLearner, kSecondary, kActivating, kPrimary, kFailed };
std::string_view to_string(State state);  // "starting", "idle", ...

// Store durably before any later effect leaves this process.
struct PersistView {
  View view;
};
struct AppendLog {  // -> Appended, and Persisted at level kDisk
  std::vector<Record> records;
};
struct TruncateLog {  // -> Truncated. Durable before a later append is.
  Lsn after;          // the last record that stays
};
struct SendMessage {
  NodeId to;
  Message message;
};
// Read from the log and send one AppendBatch: records from `first`, at most to `last`, at most
// kBatchBytesMax of payload but at least one. prev_* are those of first-1. -> RecordsSent
struct SendRecords {
  NodeId to;
  Epoch epoch;
  uint64_t round = 0;
  Lsn first;
  Lsn last;
  Lsn commit;
};
constexpr uint64_t kBatchBytesMax = 1u << 20;
struct SendSnapshot {  // SnapshotBegin, chunks, SnapshotEnd of the own state -> SnapshotSent
  NodeId to;
  Epoch epoch;
  uint64_t round = 0;
};
// Replace state and log by the received snapshot of this mark, durably. -> SnapshotInstalled
struct InstallSnapshot {
  Mark mark;
};
// Everything up to lsn is committed. Records this process appended itself as the serving primary
// were executed already: answer their clients. Apply nothing.
struct CommitPoint {
  Lsn lsn;
};
// Committed records up to lsn from the log go to the state machine.
struct ApplyUpTo {
  Lsn lsn;
};
// Forget executed effects after lsn (StateMachine::rollback). Comes after RoleChanged.
struct Rollback {
  Lsn lsn;
};
// kPrimary: may serve now. Everything else: may not.
struct RoleChanged {
  State state;
  Epoch epoch;
  std::string reason;
};
struct AckView {  // to the manager: this member acts in `epoch` from now on
  Epoch epoch;
};
enum class Change { kAdd, kRemove, kReplacePrimary, kHandOver };
std::string_view to_string(Change change);
// To the manager. Accepted only if `base` is its current epoch (compare-and-set). Sent again until
// a view with a higher epoch comes.
struct RequestView {
  Epoch base;
  Change change;
  MemberRef member;  // who is added, removed, replaced or handed to
  std::string reason;
};
struct Trace {  // one line for each move; debug log
  std::string text;
};
struct Notice {  // for the cluster's event log; kind is one word: "rollback", "slow-secondary", ...
  std::string kind;
  std::string text;
};
struct Fail {  // say so, stop, exit
  std::string reason;
};

// A variant whose copies and destructor are compiled once (STYLE.md, "Wide variants").
struct Effect : std::variant<PersistView, AppendLog, TruncateLog, SendMessage, SendRecords,
                             SendSnapshot, InstallSnapshot, CommitPoint, ApplyUpTo, Rollback,
                             RoleChanged, AckView, RequestView, Trace, Notice, Fail> {
  using variant::variant;
  Effect(const Effect&);
  Effect(Effect&&) noexcept;
  Effect& operator=(const Effect&);
  Effect& operator=(Effect&&) noexcept;
  ~Effect();
};
using Effects = std::vector<Effect>;
std::string describe(const Effect& effect);

}  // namespace multiaz::replication
