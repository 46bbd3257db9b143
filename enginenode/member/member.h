// A member of a replication group whose data is kept by the server of another project (Redis,
// PostgreSQL): its role, whether it may serve, and its requests to the configuration manager. The
// server replicates; this class decides. It is pure: facts and views go in, orders come out.
//
// The manager is the one that cachenode and dbnode have (replication/core/manager.h), and the rules
// are the same: only the manager makes views; a primary serves under a lease that every in-sync
// member extends, counted from the time of the question; a member that is promoted unfenced waits
// until every lease that it granted must be over. These rules cannot make up for the server's own
// limits: Redis acknowledges before it replicates.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "replication/core/effects.h"
#include "replication/core/types.h"

namespace multiaz::enginenode {

using replication::Launch;
using replication::View;

// The state of the server when it was last asked.
struct EngineFacts {
  bool up = false;         // it answers requests
  bool writable = false;   // it is a primary itself
  bool following = false;  // it gets the primary's stream, and has caught up once
  uint64_t timeline = 0, position = 0;
  std::vector<std::string> waits_for;  // the members that a commit waits for, sorted
  struct Follower {
    bool caught_up = false;
    bool has_all = false;  // it has all data of the primary; known only after an exact look
    uint64_t position = 0;
  };
  std::map<std::string, Follower> followers;  // of a primary, by instance
  std::map<std::string, uint64_t> counters;   // with the names that cachenode and dbnode use
};

enum class Duty { kStay, kPrimary, kFollow };  // kStay: no change for now

struct Orders {
  Duty duty = Duty::kStay;
  std::vector<std::string> waits_for;  // of a primary, sorted
  std::optional<replication::RequestView> request;
};

class Member {
 public:
  Member(NodeId id, Launch launch, replication::Timings timings, Nanos now)
      : id_(std::move(id)), launch_(launch), timings_(timings), granted_at_(now) {}

  // True: the view is newer than the known one, or is fenced.
  bool on_view(Nanos now, const View& view, bool fenced);
  // Hands the role to `to` once that has all data; gives up after handover_ms.
  void on_hand_over(Nanos now, const NodeId& to);
  // A follower has told its incarnation, which a request to the manager needs.
  void on_follower(const std::string& id, Incarnation incarnation) {
    incarnations_[id] = std::move(incarnation);
  }
  // A primary of that epoch asks for its lease. False: this member acts in a newer view.
  bool grant(Nanos now, Epoch epoch);
  // The peer has granted the lease that this primary asked for at `asked_at`.
  void on_granted(const std::string& by, Epoch epoch, Nanos asked_at);

  Orders decide(Nanos now, const EngineFacts& facts);

  // Whether clients may write here now, and read what they wrote.
  [[nodiscard]] bool serving(Nanos now) const;
  // Whether clients may read data here that may be a little old.
  [[nodiscard]] bool readable() const { return facts_.up && !is_primary() && facts_.following; }

  [[nodiscard]] const View& view() const { return view_; }
  [[nodiscard]] bool is_primary() const {
    return view_.epoch.raw > 0 && view_.primary == id_ && view_.launch == launch_;
  }
  // True for every member that counts and for each that soon may: it grants before the manager is
  // asked to add it.
  [[nodiscard]] bool asks_for_lease(const std::string& peer) const;
  // A hand-over is under way, so the facts must come from an exact look.
  [[nodiscard]] bool handing_over() const { return hand_over_.has_value(); }
  [[nodiscard]] replication::State state(Nanos now) const;
  [[nodiscard]] int64_t lease_left_ms(Nanos now) const;
  [[nodiscard]] const EngineFacts& facts() const { return facts_; }

 private:
  // The other members that a later view may name as primary: those in sync, and the one that the
  // manager was asked to add.
  [[nodiscard]] std::vector<replication::MemberRef> counted() const;
  [[nodiscard]] bool lease_holds(Nanos now) const;
  [[nodiscard]] std::set<std::string> wanted_waits(Nanos now);
  std::optional<replication::RequestView> ask(Nanos now);
  std::optional<replication::RequestView> ask_hand_over();
  std::optional<replication::RequestView> ask_removal(Nanos now);
  std::string trouble_with(const std::string& id, Nanos now);
  std::optional<replication::RequestView> ask_addition(Nanos now);
  [[nodiscard]] bool waits_for(const std::string& id) const;

  struct HandOver {
    NodeId to;
    Nanos until = 0;  // the hand-over is given up then
  };

  NodeId id_;
  Launch launch_;
  replication::Timings timings_;
  View view_;
  Nanos in_view_since_ = 0;
  Nanos primary_from_ = 0;  // it does not serve earlier: a former primary may hold a lease
  // Before this process began, an earlier process of this member may have granted a lease, too.
  Nanos granted_at_;
  EngineFacts facts_;
  std::map<std::string, Nanos> leases_;  // by member: when the question was sent that it granted
  // Members that count: when each last had this primary's stream.
  std::map<std::string, Nanos> streaming_;
  std::map<std::string, Nanos> keeps_up_;  // learners: since when each has kept up without a break
  std::map<std::string, Incarnation> incarnations_;
  // The manager was asked to add it; it counts until the next epoch.
  std::optional<replication::MemberRef> joining_;
  std::optional<HandOver> hand_over_;
  Nanos asked_at_ = 0;
};

}  // namespace multiaz::enginenode
