// The peers as this member knows them, and the sums over all members that the primary depends on:
// how far they have the log, and how long they grant a lease.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "replication/core/role.h"

namespace multiaz::replication {

// The manager may be asked to add a learner that lacks fewer.
constexpr uint64_t kJoinLagRecordsMax = 256;

// The records that were sent to a follower in its round, and those that are in flight.
struct Transfer {
  uint64_t round = 0;
  bool following = false;  // it has answered the Lead of this round
  bool reading = false;    // SendRecords or SendSnapshot is not answered yet
  bool wants_snapshot = false;
  Lsn sent;
  std::deque<std::pair<Lsn, uint64_t>> in_flight;  // batches: last lsn, bytes
  uint64_t in_flight_bytes = 0;
  Lsn commit_told;
  Nanos lead_at = 0;  // when Lead was last sent or a snapshot was last tried
};

// The answers of a follower.
struct Progress {
  Lsn acked;          // durable there; it survives a broken link, not another incarnation
  Nanos granted = 0;  // when this member sent the newest heartbeat that it acknowledged; 0: none
  Nanos lease_ok_at = 0;  // when its grant was last young enough for a lease
  Nanos heard_at = 0;
  Lsn mark;           // acked must reach this
  Nanos mark_at = 0;  // within removal_ms from this time
  Nanos caught_up_at = 0;
  std::optional<Nanos> kept_up_since;
};

// The follower's way into the in-sync set, and out of it.
struct Admission {
  std::optional<MemberRef> joining;  // it counts as in-sync before the view says so,
  bool asked = false;                // until the next view: the manager may have agreed
  bool slow = false;                 // the manager was asked to remove it
  uint32_t penalty_ms = 0;
  Nanos no_join_before = 0;
};

// All members but the first two have a meaning on the primary only.
struct Peer {
  MemberRef ref;  // of the current or last link
  bool linked = false;
  Transfer transfer;
  Progress progress;
  Admission admission;
};

class Peers {
 public:
  Peers(const Config& config, const MemberRole& role, const Positions& log, const Step& step)
      : config_(config), role_(role), log_(log), step_(step) {}

  Peer& link_up(const MemberRef& ref);
  void link_down(Peer& peer);
  Peer* linked(const NodeId& id);  // nullptr: no link
  // Returns the peer if its current or last incarnation is this one.
  const Peer* of(const MemberRef& member) const;
  // Returns the peer; one that never linked counts as silent from now on.
  Peer& watched(const MemberRef& member);
  std::map<NodeId, Peer>& all() { return peers_; }
  void start_over();  // after a promotion: answers to a former primary mean nothing

  void note_progress(Peer& peer) const;
  uint64_t lag(const Peer& peer) const {
    return log_.tail().raw - std::min(log_.tail(), peer.progress.acked).raw;
  }
  bool any_joining() const;
  // Whether every member of the view counted already in `old`, or since the manager was asked to
  // add it.
  bool counted_before(const View& old) const;

  Nanos lease_until() const;             // 0: none, or not leading
  Lsn acked_by_required(Lsn own) const;  // at most `own`
  bool required_have(Lsn lsn) const;     // the required members have it and follow in their rounds
  Lsn needed_after(Lsn limit) const;  // at most `limit`: no connected follower needs older records
  std::vector<FollowerView> views() const;
  void digest(Digest& out) const;

 private:
  template <typename Visit>
  void for_each_required(Visit visit) const;
  bool dropped_by_bug(const Peer& peer) const;

  const Config& config_;
  const MemberRole& role_;
  const Positions& log_;
  const Step& step_;
  std::map<NodeId, Peer> peers_;
};

}  // namespace multiaz::replication
