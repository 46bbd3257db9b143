// One member of a replication group as a pure object: events go in, effects come out (events.h,
// effects.h). It has no clock, socket or random number: time is an argument, read from
// CLOCK_MONOTONIC right before the call (rule 6). It never blocks and never throws.
//
// Each step waits for the one before it:
//   a write     ClientAppend -> AppendLog + SendRecords -> Acks of all in-sync members
//               -> CommitPoint
//   a failover  ViewUpdate -> PersistView, AckView, Lead to every peer -> Acks at the own tail,
//               the grace period unless fenced, and a lease -> RoleChanged{kPrimary}
//   a join      LinkUp -> Lead -> truncate, catch up -> RequestView{kAdd}; from the request on the
//               learner counts as in-sync for commit and lease, whatever becomes of the request
#pragma once

#include <memory>

#include "replication/core/effects.h"
#include "replication/core/events.h"

namespace multiaz::replication {

constexpr uint32_t kTickMs = 10;
constexpr uint64_t kWindowBytesMax = 8u << 20;        // sent to one follower, not yet durable there
constexpr uint64_t kUncommittedBytesMax = 64u << 20;  // appended, not yet committed
constexpr uint64_t kUncommittedRecordsMax = 65'536;

struct Config {
  MemberRef self;
  Launch launch;
  Durability durability = Durability::kOs;
  uint32_t min_in_sync = 1;  // with fewer in-sync members the primary refuses appends
  Timings timings;
  Bug bug = Bug::kNone;
};

// The reason why an append is refused. A refusal is definite: nothing was executed (rule 8).
enum class Refusal { kNone, kNotPrimary, kNoLease, kTooFewInSync, kHandingOver, kBacklog };
std::string_view to_string(Refusal refusal);  // "no lease", ...

// One peer as the primary sees it, for status.
struct FollowerView {
  NodeId id;
  bool in_sync = false;
  bool joining = false;  // the manager was asked to add it
  bool linked = false;
  Lsn acked;               // durable at the peer
  Nanos caught_up_at = 0;  // when it last had the whole log
};

class Core {
 public:
  explicit Core(Config config);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // REQUIRES: the first event is Start; `now` never goes back; no event follows Fail.
  Effects step(Nanos now, Event event);

  // True for a primary whose lease holds at `now`: it may answer reads from its own state. The
  // caller asks after it has read the request.
  bool may_serve(Nanos now) const;
  Refusal can_append(Nanos now) const;
  // Whether possibly stale reads may be answered from a state at lsn `state`. The member is the
  // primary, or it follows one and has at least what was acknowledged when it began to follow. A
  // former primary that stood still meanwhile therefore never shows the state that it had then.
  bool readable(Lsn state) const;
  // End of the lease; the far future for a primary without other members, 0 when there is no lease.
  Nanos lease_until() const;

  State state() const;
  const View& view() const;
  Epoch epoch() const { return view().epoch; }
  Lsn tail() const;
  Epoch tail_epoch() const;
  Lsn durable() const;
  Lsn commit() const;
  Lsn applied() const;
  // No connected follower needs the log records up to here. <= commit().
  Lsn trim_limit() const;
  std::vector<FollowerView> followers() const;  // on the primary only
  uint64_t digest() const;                      // equal digests: the same future (digest.h)

 private:
  class Impl;  // impl.h
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiaz::replication
