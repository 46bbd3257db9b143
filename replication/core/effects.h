// The effects that the core orders, to be carried out in order (see events.h). "-> X" names the
// event that answers an effect.
#pragma once

#include <variant>

#include "replication/core/messages.h"

namespace multiaz::replication {

enum class State { kStarting, kIdle, kLearner, kSecondary, kActivating, kPrimary, kFailed };
std::string_view to_string(State state);  // "starting", "idle", ...

// The view must be durable before any later effect leaves this process.
struct PersistView {
  View view;
};
struct AppendLog {  // -> Appended, and Persisted at level kDisk
  std::vector<Record> records;
};
struct TruncateLog {  // -> Truncated. It is durable before a later append is.
  Lsn after;          // the last record that stays
};
struct SendMessage {
  NodeId to;
  Message message;
};
// Read from the log and send one AppendBatch: records from `first` to at most `last`, with at most
// kBatchBytesMax of payload but at least one record. prev_* describe record first-1. -> RecordsSent
struct SendRecords {
  NodeId to;
  Epoch epoch;
  uint64_t round = 0;
  Lsn first;
  Lsn last;
  Lsn commit;
};
constexpr uint64_t kBatchBytesMax = 1u << 20;
struct SendSnapshot {  // SnapshotBegin, chunks and SnapshotEnd of the own state -> SnapshotSent
  NodeId to;
  Epoch epoch;
  uint64_t round = 0;
};
// Replace state and log durably by the received snapshot of this mark. -> SnapshotInstalled
struct InstallSnapshot {
  Mark mark;
};
// Everything up to lsn is committed. The records that this process appended as the serving primary
// were executed already: their clients get their answers, and nothing is applied.
struct CommitPoint {
  Lsn lsn;
};
// Apply the log's committed records up to lsn to the state machine.
struct ApplyUpTo {
  Lsn lsn;
};
// Forget executed effects after lsn (StateMachine::rollback). It comes after RoleChanged.
struct Rollback {
  Lsn lsn;
};
// With kPrimary the member may serve from now on; with any other state it may not.
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
// A request to the manager, accepted only if `base` is its current epoch (compare-and-set). It is
// sent again until a view with a higher epoch comes.
struct RequestView {
  Epoch base;
  Change change;
  MemberRef member;  // the member that is added, removed or replaced, or gets the role
  std::string reason;
};
struct Trace {  // one line for each move, for the debug log
  std::string text;
};
struct Notice {  // for the cluster's event log; kind is one word: "rollback", "slow-secondary", ...
  std::string kind;
  std::string text;
};
struct Fail {  // the process must report the reason and exit
  std::string reason;
};

// The copies and the destructor of the variant are compiled once (STYLE.md, "Wide variants").
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
