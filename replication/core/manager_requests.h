// The requests of members and operators to the manager. A request wins only if it is based on the
// current epoch.
#pragma once

#include <string>

#include "replication/core/manager_decide.h"

namespace multiaz::replication {

class ManagerRequests {
 public:
  ManagerRequests(const ManagerConfig& config, const Roster& roster, Views& views,
                  Decisions& decisions, ManagerStep& step)
      : config_(config), roster_(roster), views_(views), decisions_(decisions), step_(step) {}

  void requested(const ViewRequested& e);
  void switch_over(const SwitchoverRequest& e);
  void force(const ForcePromote& e);

 private:
  void add_member(const RequestView& r);
  void remove_member(const RequestView& r);
  void hand_over(const RequestView& r);
  void refuse(const RequestView& r, const std::string& why);

  const ManagerConfig& config_;
  const Roster& roster_;
  Views& views_;
  Decisions& decisions_;
  ManagerStep& step_;
  std::string last_refusal_;
};

}  // namespace multiaz::replication
