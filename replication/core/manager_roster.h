// The manager's knowledge of each planned member: its last report, and which of its processes have
// exited.
#pragma once

#include <map>
#include <optional>

#include "replication/core/manager_step.h"

namespace multiaz::replication {

class Digest;

class Roster {
 public:
  struct Seen {
    std::optional<MemberReport> report;  // of the member's newest process
    Nanos at = 0;       // when the last report came; before the first, the start of the manager
    Launch dead;        // this process and all before it have exited
    Nanos sent_at = 0;  // when the last view was sent to it
  };

  Roster(const ManagerConfig& config, const ManagerStep& step);

  void replanned();          // config.members changed
  void slept(Nanos length);  // how long this process stood still, which is not the members' silence
  // False: it comes from a former process or an unplanned member.
  bool reported(const MemberReport& e);
  bool exited(const MemberExited& e);  // false: the exit is known already

  Seen* seen(const NodeId& id);  // nullptr: the member is not planned
  const Seen* seen(const NodeId& id) const;
  std::map<NodeId, Seen>& all() { return seen_; }
  const PlannedMember* planned(const NodeId& id) const;
  // REQUIRES: the member has reported.
  const MemberReport& report(const NodeId& id) const;

  bool all_reported() const;
  bool alive(const NodeId& id) const;
  bool silent(const NodeId& id, Launch launch) const;  // no report of that process for too long
  bool proven_dead(const NodeId& id, Launch launch) const;
  bool eligible(const MemberRef& member) const;    // alive, with the data that the view counts
  bool other_life(const MemberRef& member) const;  // its process reports another incarnation
  void digest(Digest& out) const;

 private:
  bool same_life(const MemberRef& member, const MemberReport& report) const;

  const ManagerConfig& config_;
  const ManagerStep& step_;
  std::map<NodeId, Seen> seen_;
};

}  // namespace multiaz::replication
