// This member's role: its state, the view that it acts in, and the view's words on each member.
#pragma once

#include <string>

#include "replication/core/core.h"
#include "replication/core/positions.h"

namespace multiaz::replication {

class MemberRole {
 public:
  MemberRole(const Config& config, const Positions& log, Step& step)
      : config_(config), log_(log), step_(step) {}

  State state() const { return state_; }
  const View& view() const { return view_; }
  Epoch epoch() const { return view_.epoch; }
  bool primary() const { return state_ == State::kPrimary; }
  bool leading() const { return state_ == State::kActivating || state_ == State::kPrimary; }
  bool following() const { return state_ == State::kLearner || state_ == State::kSecondary; }
  bool is_self(const NodeId& id) const { return id == config_.self.id; }
  // True when both are the same incarnation of one member.
  bool same(const MemberRef& a, const MemberRef& b) const;
  bool in_sync(const MemberRef& member) const { return in_sync(view_, member); }
  bool in_sync(const View& view, const MemberRef& member) const;
  bool leads_view() const;    // the view names this process as its primary
  State as_follower() const;  // its state in the view if it does not lead

  View take(View view);  // returns the view before; a move must follow
  // Reports the move to the daemon. CHECKs the table of moves.
  void move(State to, const std::string& reason);
  void fail(const std::string& reason);  // in the last step of this process

  void check() const;  // the invariant
  void digest(Digest& out) const;

 private:
  const Config& config_;
  const Positions& log_;
  Step& step_;
  State state_ = State::kStarting;
  View view_;
};

}  // namespace multiaz::replication
