// A member of a replication group whose data is kept by somebody else's server (Redis,
// PostgreSQL): what it shall be, whether it may serve, and what it asks the configuration manager
// for. The server replicates; this decides. Pure: facts and views in, orders out.
//
// The manager is the one that cachenode and dbnode have (replication/core/manager.h), and the rules
// are theirs: only it makes views; a primary serves under a lease that every in-sync member
// extends, counted from when it asked; a member that takes over unfenced waits until a lease it
// granted must be over. What the server cannot do the rules cannot give back: Redis acknowledges
// before it replicates.
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

// What the server said when it was last looked at.
struct EngineFacts {
  bool up = false;         // it answers
  bool writable = false;   // it is a primary itself
  bool following = false;  // it gets the primary's stream, and has caught up once
  uint64_t timeline = 0, position = 0;
  std::vector<std::string> waits_for;  // whom a commit waits for, sorted
  struct Follower {
    bool caught_up = false;
    bool has_all = false;  // everything that is here; only with an exact look
    uint64_t position = 0;
  };
  std::map<std::string, Follower> followers;  // of a primary, by instance
  std::map<std::string, uint64_t> counters;   // as cachenode and dbnode name theirs
};

enum class Duty { kStay, kPrimary, kFollow };  // kStay: as it is, for now

struct Orders {
  Duty duty = Duty::kStay;
  std::vector<std::string> waits_for;  // of a primary, sorted
  std::optional<replication::RequestView> request;
};

class Member {
 public:
  Member(NodeId id, Launch launch, replication::Timings timings, Nanos now)
      : id_(std::move(id)), launch_(launch), timings_(timings), granted_at_(now) {}

  // True: it is newer, or says more, than what is known.
  bool on_view(Nanos now, const View& view, bool fenced);
  // Hand the role to `to` when it has everything; given up after handover_ms.
  void on_hand_over(Nanos now, const NodeId& to);
  // A follower has said who it is: the life of its data counts.
  void on_follower(const std::string& id, Incarnation incarnation) {
    incarnations_[id] = std::move(incarnation);
  }
  // A primary of that epoch asks for its lease. False: we act in a newer view.
  bool grant(Nanos now, Epoch epoch);
  // Our question of `asked_at` was answered with yes.
  void on_granted(const std::string& by, Epoch epoch, Nanos asked_at);

  Orders decide(Nanos now, const EngineFacts& facts);

  // May clients write (and read what they wrote) here, now?
  [[nodiscard]] bool serving(Nanos now) const;
  // May clients read here what may be a little old?
  [[nodiscard]] bool readable() const { return facts_.up && !is_primary() && facts_.following; }

  [[nodiscard]] const View& view() const { return view_; }
  [[nodiscard]] bool is_primary() const {
    return view_.epoch.raw > 0 && view_.primary == id_ && view_.launch == launch_;
  }
  // Of everybody who counts, and of who may soon: it has granted before it is asked in.
  [[nodiscard]] bool asks_for_lease(const std::string& peer) const;
  // The role is about to go: look exactly.
  [[nodiscard]] bool handing_over() const { return hand_over_.has_value(); }
  [[nodiscard]] replication::State state(Nanos now) const;
  [[nodiscard]] int64_t lease_left_ms(Nanos now) const;
  [[nodiscard]] const EngineFacts& facts() const { return facts_; }

 private:
  // Others whom a later view may name as primary: who is in sync, and who was asked in.
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
    Nanos until = 0;  // given up then
  };

  NodeId id_;
  Launch launch_;
  replication::Timings timings_;
  View view_;
  Nanos in_view_since_ = 0;
  Nanos primary_from_ = 0;  // not before: a former primary's lease
  // Before this process began, an earlier one of this member may have granted a lease, too.
  Nanos granted_at_;
  EngineFacts facts_;
  std::map<std::string, Nanos> leases_;     // by member: when the question was sent that it granted
  std::map<std::string, Nanos> streaming_;  // who counts: last seen with our stream
  std::map<std::string, Nanos> keeps_up_;   // learners: since when without a break
  std::map<std::string, Incarnation> incarnations_;
  std::optional<replication::MemberRef> joining_;  // asked in; counts until the next epoch
  std::optional<HandOver> hand_over_;
  Nanos asked_at_ = 0;
};

}  // namespace multiaz::enginenode
