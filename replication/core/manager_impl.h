// The inside of Manager. In files by subject:
//   manager.cc           dispatch, what is known of each member
//   manager_decide.cc    bootstrap, replacing the primary, shrinking, amnesia
//   manager_requests.cc  requests of members and of people
//   manager_text.cc      texts, and the state as text
#pragma once

#include <map>
#include <optional>

#include "base/core/check.h"
#include "replication/core/manager.h"

namespace multiaz::replication {

constexpr uint32_t kResendMs = 200;      // of a view to a member that reports an older one
constexpr uint32_t kAsleepMs = 100;      // a longer gap between two steps was our own sleep
constexpr uint64_t kAmnesiaJump = 1000;  // epochs that an older copy of the state may lack

class Manager::Impl {
 public:
  Impl(ManagerConfig config, ManagerState stored, Nanos now);
  ManagerEffects step(Nanos now, const ManagerEvent& event);
  bool alive(const NodeId& id) const;
  uint64_t digest() const;

  ManagerConfig config_;
  ManagerState state_;

 private:
  // What is known of one member. `report` is of its newest process.
  struct Seen {
    std::optional<MemberReport> report;
    Nanos at = 0;       // of the last report; the start of the manager before the first
    Launch dead;        // this process and all before it have exited
    Nanos sent_at = 0;  // of the last view sent to it
  };

  // manager.cc
  void on(const MemberReport& e);
  void on(const MemberExited& e);
  void on(const ViewAcked& e);
  void on(const MembersChanged& e);
  void on(const ManagerTick& e);
  void acts_in(const NodeId& id, Launch launch, Epoch epoch);
  void resend(const NodeId& id);
  void send_if_fenced();
  Seen* seen(const NodeId& id);
  const Seen* seen(const NodeId& id) const;
  const PlannedMember* planned(const NodeId& id) const;

  // manager_decide.cc
  void decide();
  bool settled();
  void decide_bootstrap();
  bool recall();
  bool primary_is_silent() const;
  void replace_primary(const NodeId& excluded, const std::string& why);
  const MemberReport* best_candidate(const NodeId& excluded) const;
  bool reunion_pending();
  bool data_is_gone() const;
  bool start_over();
  void shrink();
  void refresh_learners();
  void publish(View view, Epoch epoch, const std::string& kind, const NodeId& target,
               const std::string& text);
  void make_learners(View& view) const;
  bool proven_dead(const NodeId& id, Launch launch) const;
  bool fenced(const View& view) const;
  bool eligible(const MemberRef& member) const;
  bool same_life(const MemberRef& member, const MemberReport& report) const;
  void wait_notice(const std::string& text);

  // manager_requests.cc
  void on(const ViewRequested& e);
  void on(const SwitchoverRequest& e);
  void on(const ForcePromote& e);
  void add_member(const RequestView& r);
  void remove_member(const RequestView& r);
  void hand_over(const RequestView& r);
  void refuse(const RequestView& r, const std::string& why);
  void answer(bool ok, std::string text);

  void notice(std::string kind, NodeId target, std::string text);
  Epoch epoch() const { return state_.view.epoch; }

  Nanos now_ = 0;
  Nanos started_ = 0;
  ManagerEffects out_;
  std::map<NodeId, Seen> seen_;
  std::optional<View> recalled_;        // amnesia: the highest view that a member reports
  bool waiting_ = false;                // no in-sync member is alive
  std::optional<Nanos> reunion_since_;  // the first one came back then
  std::string last_wait_;               // said once
  std::string last_refusal_;
  bool settled_ = false;  // listened long enough after the start
};

}  // namespace multiaz::replication
