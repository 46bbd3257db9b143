// What the manager knows of each planned member: its last report, and which of its processes have
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
    std::optional<MemberReport> report;  // of its newest process
    Nanos at = 0;       // of the last report; the start of the manager before the first
    Launch dead;        // this process and all before it have exited
    Nanos sent_at = 0;  // of the last view sent to it
  };

  Roster(const ManagerConfig& config, const ManagerStep& step);

  void replanned();                      // config.members changed
  void slept(Nanos length);              // of this process: that is not the members' silence
  bool reported(const MemberReport& e);  // false: of a former process, or of no planned member
  bool exited(const MemberExited& e);    // false: known already

  Seen* seen(const NodeId& id);  // nullptr: not planned
  const Seen* seen(const NodeId& id) const;
  std::map<NodeId, Seen>& all() { return seen_; }
  const PlannedMember* planned(const NodeId& id) const;
  // REQUIRES: it has reported.
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
