// The decisions of a member that a view names as primary: when it may serve, where the commit point
// is, what it may append, and when it asks the configuration manager for another view.
#pragma once

#include <string>

#include "replication/core/backlog.h"
#include "replication/core/follower.h"
#include "replication/core/membership.h"
#include "replication/core/rounds.h"

namespace multiaz::replication {

class Leadership {
 public:
  Leadership(const Config& config, MemberRole& role, Positions& log, Peers& peers, Rounds& rounds,
             Membership& membership, const Follower& follower, Step& step)
      : config_(config),
        role_(role),
        log_(log),
        peers_(peers),
        rounds_(rounds),
        membership_(membership),
        follower_(follower),
        step_(step) {}

  // The new view names this member. `old` is the view before it; `fenced`: no former primary can
  // serve.
  void lead(const View& old, bool fenced, const std::string& reason);
  // The manager has proven it, in the same view, only later.
  void fence();
  // The member leads no more. Its uncommitted records are no longer its own.
  void end();

  // REQUIRES: can_append() has just allowed it.
  void append(ClientAppend& e);
  // Moves the commit point to what all required members hold.
  void update_commit();
  // Begins to serve as soon as that is safe.
  void try_activate();
  void tick();
  // Asks the manager for what the group needs now.
  void plan_requests();
  void plan_join(Peer& peer);

  bool may_serve(Nanos now) const;
  Refusal can_append(Nanos now) const;
  void check() const;
  void digest(Digest& out) const;

 private:
  void promote(const std::string& reason);
  void renew(const View& old, const std::string& reason);
  bool grace_is_over() const;

  const Config& config_;
  MemberRole& role_;
  Positions& log_;
  Peers& peers_;
  Rounds& rounds_;
  Membership& membership_;
  const Follower& follower_;
  Step& step_;
  Backlog backlog_;
  bool fenced_ = false;     // no former primary can serve
  bool had_lease_ = false;  // whether it had a lease at the last tick
};

}  // namespace multiaz::replication
