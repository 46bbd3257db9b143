// What a daemon gives to its replication group: a deterministic state machine, and what it gets
// back: a Group to append to. cachenode and dbnode each implement StateMachine once.
//
// All calls happen on the event loop's thread and must not block or re-enter the Group, except
// that `committed` and `role_changed` may schedule work that later appends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/ids.h"
#include "base/core/result.h"

namespace multiaz::replication {

enum class Role { kNone, kLearner, kSecondary, kPrimary };
std::string_view to_string(Role role);  // "none", "learner", "secondary", "primary"

// A full copy of the state as of `lsn` (everything executed up to it, nothing after).
struct Snapshot {
  Epoch epoch;
  Lsn lsn;
  std::vector<std::string> chunks;  // any number; at most kSnapshotChunkBytesMax each
};
constexpr size_t kSnapshotChunkBytesMax = 1 << 20;

class StateMachine {
 public:
  virtual ~StateMachine() = default;

  // Executes one committed record that this process did not execute itself (secondary, learner,
  // a new primary's inherited suffix, replay at start). In lsn order, without gaps.
  virtual void apply(Lsn lsn, std::string_view payload) = 0;

  // On the primary, for records it appended itself (executed before append): everything up to
  // `lsn` is committed; replies up to it may leave now.
  virtual void committed(Lsn lsn) = 0;

  // State as of exactly `lsn`, the highest lsn this member has executed and knows as committed.
  // A primary with executed but uncommitted effects must leave those out, or return kConflict
  // ("later") when it cannot; the Group then asks again.
  virtual Result<Snapshot> snapshot() = 0;

  // Replaces the whole state. An empty chunk list means: start empty at lsn 0.
  virtual Status install(const Snapshot& snapshot) = 0;

  // Forgets executed effects after `lsn` (they will never commit, or are in doubt). Returns false
  // when it cannot: the Group then installs its last snapshot and applies the log again.
  virtual bool rollback(Lsn lsn) = 0;

  // Role or epoch moved. For kPrimary this is called when the member may serve (every in-sync
  // member has its log, lease held); replies still waiting when the role is lost are in doubt.
  virtual void role_changed(Role role, Epoch epoch, std::string_view reason) = 0;
};

}  // namespace multiaz::replication
