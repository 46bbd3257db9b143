// The current view, and the former primaries that may still hold a lease. Views are made only here.
#pragma once

#include <string>

#include "replication/core/manager_roster.h"

namespace multiaz::replication {

class Views {
 public:
  Views(const ManagerConfig& config, ManagerState stored, Roster& roster, ManagerStep& step)
      : config_(config), state_(std::move(stored)), roster_(roster), step_(step) {}

  const ManagerState& state() const { return state_; }
  const View& view() const { return state_.view; }
  Epoch epoch() const { return state_.view.epoch; }

  // Stores the view, sends it to every planned member, and reports it. REQUIRES: a newer epoch.
  void publish(View view, Epoch epoch, const std::string& kind, const NodeId& target,
               const std::string& text);
  void resend(const NodeId& id);
  void resend_if_older(const MemberReport& e);
  void set_learners(View& view) const;  // the planned members that are not in sync
  void wait(const std::string& text);   // reports once what the group waits for

  // These prove that a former primary cannot serve.
  void acts_in(const NodeId& id, Launch launch, Epoch acked);
  void exited(const MemberExited& e);
  void primary_serves();
  void forget_past();  // any member may hold a lease

 private:
  bool fenced() const;
  void send_if_fenced();

  const ManagerConfig& config_;
  ManagerState state_;
  Roster& roster_;
  ManagerStep& step_;
  std::string last_wait_;
};

}  // namespace multiaz::replication
