// The basic types of the replication core (replication.md, "Words"): views, records, histories.
// They are plain values; nothing here reads a clock or does I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/ids.h"
#include "base/core/result.h"

namespace multiaz::replication {

// The number of one process of an instance, given by the supervisor (--launch). REQUIRES: it grows
// with every start of that instance, also over restarts of the supervisor. 0 = unknown.
using Launch = StrongId<struct LaunchTag, uint64_t>;

// The state that a record must reach on a member before it counts (replication.md, "Rules").
enum class Durability {
  kMemory,  // the process has it in memory
  kOs,      // it is written to the log file, which survives SIGKILL
  kDisk,    // fdatasync returned
  kAsync,   // like kOs, but the primary alone decides: acknowledged writes can be lost
};
std::string_view to_string(Durability level);  // "memory", "os", "disk", "async"
std::optional<Durability> durability_from(std::string_view name);

// Deliberate mistakes that can be switched on, to show that the checks catch them.
enum class Bug {
  kNone,
  kAckBeforeReplicate,  // the commit point is the own tail
  kNoFencing,           // no grace period, and lower epochs are not refused
  kCachedClockLease,    // lease checks use the time of the last event, not of the question
  kTruncateByCommit,    // truncates to the own commit point instead of comparing histories
  kRetryFsync,          // after a failed fsync, a second try counts as success
  kEmptyRestartOk,      // an empty member counts as the member that it was before
  kShrinkWithoutCm,     // the primary drops a silent secondary by itself
  kForgetView,          // acts in a view before, and without, storing it
  kServeTooEarly,       // a new primary serves before every in-sync member has its log
  kLeaseFromReceipt,    // the lease counts from the arrival of the answer, not from the question
  kApplyUncommitted,    // followers consider all records that they have committed
  kReadOnLead,          // a former primary answers reads before it has what the next one has
  kLeaveBeforeStored,   // messages of a view leave before the view is durable
  kServeBeforeApplied,  // a new primary serves while its state is behind its log
  kApplyBeforeRebuild,  // records are applied to a state that still has uncommitted effects
};
const std::vector<std::string_view>& bug_names();  // "none" first
std::string_view to_string(Bug bug);               // "none", "ack-before-replicate", ...
std::optional<Bug> bug_from(std::string_view name);

struct Timings {
  uint32_t heartbeat_ms = 50;
  uint32_t lease_ms = 600;  // counted from the *send* time of an acknowledged heartbeat
  uint32_t grace_ms = 750;  // counted by the granter; clocks may differ in rate by 20 %
  // An in-sync secondary unresponsive or stuck for so long is to be removed.
  uint32_t removal_ms = 1500;
  // A secondary without its primary for so long asks to replace it.
  uint32_t primary_silent_ms = 3000;
  uint32_t request_retry_ms = 200;    // between two requests to the configuration manager
  uint32_t join_stable_ms = 100;      // a learner must have kept up for so long
  uint32_t rejoin_penalty_ms = 2000;  // after a removal for slowness; doubles each time
  uint32_t rejoin_penalty_ms_max = 32'000;
  uint32_t handover_ms = 1000;  // a switchover that takes longer is given up
};
constexpr Nanos ms(uint64_t count) {
  return count * kMillisecond;
}

// One member as a view names it: the instance and its incarnation.
struct MemberRef {
  NodeId id;
  Incarnation incarnation;
  bool operator==(const MemberRef&) const = default;
};

struct LearnerRef {
  NodeId id;
  bool candidate = false;  // may be made in-sync; false = permanent read replica
  bool operator==(const LearnerRef&) const = default;
};

// A view, made by the configuration manager only. Epoch 0 = no view yet.
struct View {
  Epoch epoch;
  NodeId primary;
  Launch launch;  // the process that may be primary; a restarted one waits for the next view
  std::vector<MemberRef> in_sync;  // primary included, never empty when epoch > 0
  std::vector<LearnerRef> learners;

  bool operator==(const View&) const = default;
  const MemberRef* in_sync_member(const NodeId& id) const;  // nullptr if not in sync
  const LearnerRef* learner(const NodeId& id) const;
  bool names(const MemberRef& member) const;  // it is in sync with this very incarnation
};
// "4 primary=cache-b1/9 in_sync=cache-b1:6f..,cache-c1:77.. learners=cache-a1,db-d1(replica)"
std::string describe(const View& view);
// The inverse of describe (ids and incarnations hold no space, comma or colon). kInvalid otherwise.
Result<View> restore_view(std::string_view text);

// The first record that was appended in an epoch. A log's history lists its epochs in order; after
// trimming it keeps the entry that covers the base and all later ones.
struct EpochStart {
  Epoch epoch;
  Lsn first;
  bool operator==(const EpochStart&) const = default;
};
using History = std::vector<EpochStart>;
// The epoch of the record at `lsn`; Epoch(0) for lsn 0 or when the history does not reach back.
Epoch epoch_at(const History& history, Lsn lsn);
// Drops the epochs that began after `lsn`.
void truncate_history(History& history, Lsn lsn);
// Drops the epochs that ended at or below `base`, except the one that covers it.
void trim_history(History& history, Lsn base);
// The highest lsn up to which two logs are equal. It compares (epoch, first), never commit points.
Lsn common_point(const History& a, Lsn tail_a, const History& b, Lsn tail_b);

struct Record {
  Epoch epoch;
  Lsn lsn;
  uint64_t hash = 0;  // chain_hash of the record before, epoch, lsn, payload
  std::string payload;
  bool operator==(const Record&) const = default;
};
constexpr uint64_t kChainHashStart = 0;  // of lsn 0
uint64_t chain_hash(uint64_t previous, Epoch epoch, Lsn lsn, std::string_view payload);

// Where a log begins or a snapshot was taken: the record at `lsn` and the history up to it.
struct Mark {
  Lsn lsn;
  uint64_t hash = kChainHashStart;
  History history;  // up to lsn
};

}  // namespace multiaz::replication
