// The requests to the configuration manager of the primary, or of a secondary without one: to
// remove a member that is in trouble, to add a learner that keeps up, to hand the role over. Each
// request is based on an epoch. Only one request can win an epoch, so a request that comes too late
// does nothing.
#pragma once

#include <string>

#include "replication/core/peers.h"

namespace multiaz::replication {

constexpr uint32_t kPenaltyForgottenMs = 60'000;

class Membership {
 public:
  Membership(const Config& config, const MemberRole& role, const Positions& log, Peers& peers,
             Step& step)
      : config_(config), role_(role), log_(log), peers_(peers), step_(step) {}

  void promoted() { role_since_ = step_.now(); }
  void renewed();  // in the new view this member stays the primary, which answers every request

  void ask_removals();
  // On the primary: asks the manager to add a learner that keeps up. False: a learner that was
  // about to join counts no more, so the commit point may move.
  [[nodiscard]] bool plan_join(Peer& peer);
  // A secondary asks this when it has heard its primary too long ago.
  void ask_to_replace_primary(Nanos heard_at);

  void hand_over(const HandOver& e);
  void plan_handover();
  bool handing_over() const { return handing_to_.has_value(); }
  void end_handover() { handing_to_.reset(); }
  void digest(Digest& out) const;

 private:
  std::string trouble_with(const MemberRef& member, const Peer& peer) const;
  bool plan_joining(Peer& peer);
  bool may_join(const Peer& peer) const;
  void cancel_join(Peer& peer, const std::string& why);
  void punish(Peer& peer);
  void request(Change change, const MemberRef& member, std::string reason);

  const Config& config_;
  const MemberRole& role_;
  const Positions& log_;
  Peers& peers_;
  Step& step_;
  Nanos role_since_ = 0;
  std::optional<NodeId> handing_to_;
  Nanos handover_at_ = 0;
  RequestView last_request_;
  Nanos last_request_at_ = 0;
};

}  // namespace multiaz::replication
