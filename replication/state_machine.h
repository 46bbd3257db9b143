// The deterministic state machine that a daemon gives to its replication group; the daemon gets a
// Group to append to. cachenode and dbnode each implement StateMachine once.
//
// All calls happen on the event loop's thread and must not block or re-enter the Group, except that
// `committed` and `role_changed` may schedule work that later appends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/ids.h"
#include "base/core/result.h"

namespace multiaz::replication {

enum class Role { kNone, kLearner, kSecondary, kPrimary };
std::string_view to_string(Role role);  // "none", "learner", "secondary", "primary"

// Reads one state piece by piece, on the loop, while the machine goes on with others.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  // The next piece, about kSnapshotPieceBytes and at most kSnapshotChunkBytesMax long; "" = the
  // end. kConflict: the state was replaced as a whole meanwhile, so a fresh source is needed.
  virtual Result<std::string> next() = 0;
};

// A full copy of the state as of `lsn` (everything executed up to it, nothing after).
struct Snapshot {
  Epoch epoch;
  Lsn lsn;
  std::unique_ptr<SnapshotSource> source;  // must not outlive the machine
};
constexpr size_t kSnapshotPieceBytes = 64u << 10;
constexpr size_t kSnapshotChunkBytesMax = 1u << 20;

// Takes in another state piece by piece. The machine's state stays the same before finish().
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  virtual Status add(std::string_view piece) = 0;  // kCorrupt
  virtual Status finish() = 0;                     // kCorrupt: pieces are missing or damaged
};

class StateMachine {
 public:
  virtual ~StateMachine() = default;

  // Executes one committed record that this process did not execute itself (on a secondary or
  // learner, a new primary's inherited suffix, replay at start). The calls come in lsn order,
  // without gaps.
  virtual void apply(Lsn lsn, std::string_view payload) = 0;

  // On the primary, for records that it appended itself (and executed before): everything up to
  // `lsn` is committed, so replies up to it may leave now.
  virtual void committed(Lsn lsn) = 0;

  // The state as of exactly `lsn`, the highest lsn that this member has executed and knows as
  // committed. A primary with executed but uncommitted effects must leave those out, or return
  // kConflict ("later") when it cannot; the Group then asks again. Several snapshots may be open at
  // a time.
  virtual Result<Snapshot> snapshot() = 0;

  // Replaces the whole state by that of `lsn`, once its pieces have arrived. No piece at all means
  // an empty state. Between this call and finish() the Group calls nothing else.
  virtual std::unique_ptr<SnapshotSink> install(Lsn lsn) = 0;

  // Forgets executed effects after `lsn` (they will never commit, or are in doubt). It returns
  // false when it cannot: the Group then installs its last snapshot and applies the log again.
  virtual bool rollback(Lsn lsn) = 0;

  // The role or the epoch has changed. For kPrimary this is called when the member may serve (every
  // in-sync member has its log, lease held). Replies that still wait when the role is lost are in
  // doubt.
  virtual void role_changed(Role role, Epoch epoch, std::string_view reason) = 0;
};

}  // namespace multiaz::replication
