// A member of a replication group as its daemon sees it. `Group` is the interface; `Member` (see
// member.h) is the real one: core + log + links. `SoloGroup` commits at once, for tests and for a
// daemon that runs alone without --control.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/ids.h"
#include "base/core/result.h"
#include "replication/driver/batching.h"
#include "replication/state_machine.h"

namespace multiaz::replication {

// A frame of a link takes 64 MiB; the rest is for its heads.
constexpr size_t kRecordBytesMax = (64u << 20) - (64u << 10);

constexpr uint64_t kLagUnknownMs = std::numeric_limits<uint64_t>::max();

struct PeerStatus {
  std::string id;
  bool in_sync = false;
  bool connected = false;
  Lsn acked;  // the highest lsn that this peer acknowledged
  // The time since it last had everything; kLagUnknownMs: this primary has not heard it.
  uint64_t lag_ms = 0;
};

struct GroupStatus {
  Role role = Role::kNone;
  Epoch epoch;
  Lsn tail;    // the highest record in the local log
  Lsn commit;  // the highest lsn known to be committed
  bool serving = false;
  uint64_t lease_left_ms = 0;
  std::string primary;            // the id of the view's primary, "" if unknown
  std::vector<PeerStatus> peers;  // on the primary only
};

class Group {
 public:
  virtual ~Group() = default;

  // Appends one record. REQUIRES: payload.size() <= kRecordBytesMax. It returns the record's lsn;
  // the outcome comes as StateMachine::committed or as a role change (in doubt). kUnavailable: the
  // member is not the serving primary, and the record was definitely not executed.
  virtual Result<Lsn> append(std::string payload) = 0;

  // A hint, given after an append, whether another append follows within the millisecond. The group
  // may let them share one write, one message and one sync; it waits kHoldMs at most.
  virtual void more_to_come(bool soon) { (void)soon; }

  // True while this member is the primary and its lease holds at this very moment: it reads
  // CLOCK_MONOTONIC itself (rule 6). Ask after the request has been read, before the answer.
  virtual bool serving() const = 0;

  // True while this member may answer possibly stale reads from its committed state.
  virtual bool readable() const = 0;

  virtual Lsn commit_point() const = 0;
  virtual GroupStatus status() const = 0;
};

// A group of one member, which is always primary; everything is committed at the end of the same
// call.
class SoloGroup : public Group {
 public:
  explicit SoloGroup(StateMachine& machine);
  Result<Lsn> append(std::string payload) override;
  bool serving() const override { return true; }
  bool readable() const override { return true; }
  Lsn commit_point() const override { return tail_; }
  GroupStatus status() const override;

 private:
  StateMachine& machine_;
  Lsn tail_;
};

}  // namespace multiaz::replication
