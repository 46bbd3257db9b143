// The peers as this member knows them, and what all members together say whose word the primary
// needs: how far they have the log, and how long they grant a lease.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "replication/core/role.h"

namespace multiaz::replication {

constexpr uint64_t kJoinLagRecordsMax = 256;  // a learner with less may be asked in

// What was sent to a follower in its round, and what of it is on its way.
struct Transfer {
  uint64_t round = 0;
  bool following = false;  // answered the Lead of this round
  bool reading = false;    // SendRecords or SendSnapshot is not answered yet
  bool wants_snapshot = false;
  Lsn sent;
  std::deque<std::pair<Lsn, uint64_t>> in_flight;  // batches: last lsn, bytes
  uint64_t in_flight_bytes = 0;
  Lsn commit_told;
  Nanos lead_at = 0;  // of the last Lead or try of a snapshot
};

// What a follower has answered.
struct Progress {
  Lsn acked;              // durable there; survives a broken link, not another incarnation
  Nanos granted = 0;      // our send time of the newest heartbeat it acknowledged; 0: none
  Nanos lease_ok_at = 0;  // when its grant last was young enough to be worth something
  Nanos heard_at = 0;
  Lsn mark;           // acked must reach this ...
  Nanos mark_at = 0;  // ... within removal_ms from here
  Nanos caught_up_at = 0;
  std::optional<Nanos> kept_up_since;
};

// Its way into the in-sync set, and out of it.
struct Admission {
  std::optional<MemberRef> joining;  // counts as in-sync although the view does not say so yet,
  bool asked = false;                // because the manager may have been told; until the next view
  bool slow = false;                 // its removal was asked for
  uint32_t penalty_ms = 0;
  Nanos no_join_before = 0;
};

// All but the first two mean something on the primary only.
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
  Peer* linked(const NodeId& id);                 // nullptr: no link
  const Peer* of(const MemberRef& member) const;  // is, or was last, this very incarnation
  Peer& watched(const MemberRef& member);         // one that never linked is silent from here on
  std::map<NodeId, Peer>& all() { return peers_; }
  void start_over();  // promoted: what they said to a former primary means nothing

  void note_progress(Peer& peer) const;
  uint64_t lag(const Peer& peer) const {
    return log_.tail().raw - std::min(log_.tail(), peer.progress.acked).raw;
  }
  bool any_joining() const;
  // Every member of the view counted already in `old`, or since its admission was asked for.
  bool counted_before(const View& old) const;

  Nanos lease_until() const;             // 0: none, or not leading
  Lsn acked_by_required(Lsn own) const;  // at most `own`
  bool required_have(Lsn lsn) const;     // and follow in their rounds
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
