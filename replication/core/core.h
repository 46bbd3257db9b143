// One member of a replication group as a pure object: events in, effects out (events.h,
// effects.h). No clock, no socket, no random number: time is an argument, read from
// CLOCK_MONOTONIC right before the call (rule 6). Never blocks, never throws.
//
// Who waits for what:
//   a write    ClientAppend -> AppendLog + SendRecords -> Acks of all in-sync members ->
//   CommitPoint a failover ViewUpdate -> PersistView, AckView, Lead to everybody -> Acks at the own
//   tail, and
//              the grace unless fenced, and a lease -> RoleChanged{kPrimary}
//   a join     LinkUp -> Lead -> truncate, catch up -> RequestView{kAdd}; from the request on the
//              learner counts as in-sync for commit and lease, whatever becomes of the request
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

// Why an append is refused: definite, nothing was executed (rule 8).
enum class Refusal { kNone, kNotPrimary, kNoLease, kTooFewInSync, kHandingOver, kBacklog };
std::string_view to_string(Refusal refusal);  // "no lease", ...

// One peer as the primary sees it, for status.
struct FollowerView {
  NodeId id;
  bool in_sync = false;
  bool joining = false;  // asked to be made in-sync
  bool linked = false;
  Lsn acked;               // durable there
  Nanos caught_up_at = 0;  // when it last had the whole log
};

class Core {
 public:
  explicit Core(Config config);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // REQUIRES: the first event is Start; `now` never goes back; none after Fail.
  Effects step(Nanos now, Event event);

  // Primary, and its lease holds at `now`: it may answer reads from its own state. To be asked
  // after the request was read.
  bool may_serve(Nanos now) const;
  Refusal can_append(Nanos now) const;
  // May answer possibly stale reads from a state at `state`: it is the primary, or it follows one
  // and has at least what was acknowledged when it began to follow. A process that led before, and
  // stood still meanwhile, never shows what it had then.
  bool readable(Lsn state) const;
  // End of the lease; the far future for a primary alone, 0 when there is none.
  Nanos lease_until() const;

  State state() const;
  const View& view() const;
  Epoch epoch() const { return view().epoch; }
  Lsn tail() const;
  Epoch tail_epoch() const;
  Lsn durable() const;
  Lsn commit() const;
  Lsn applied() const;
  // Log records up to here are needed by nobody that is connected. <= commit().
  Lsn trim_limit() const;
  std::vector<FollowerView> followers() const;  // on the primary only
  uint64_t digest() const;                      // equal: the same future (digest.h)

 private:
  class Impl;  // impl.h
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiaz::replication
