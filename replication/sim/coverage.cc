#include "replication/sim/coverage.h"

#include "replication/sim/faults.h"

namespace multiaz::replication::sim {

namespace {

// Rules 1, 9, 13: the manager's decisions, also after it lost its memory.
constexpr const char* kManager[] = {
    "manager amnesia", "manager bootstrap",
    "manager force",   "manager join",
    "manager promote", "manager refuse",
    "manager shrink",  "manager switchover",
    "manager wait",    "manager crashed between storing and telling",
};
// The moves of a member (core/role.cc).
constexpr const char* kMoves[] = {
    "move starting to idle",      "move starting to learner",   "move starting to secondary",
    "move idle to learner",       "move idle to secondary",     "move idle to activating",
    "move learner to idle",       "move learner to secondary",  "move learner to activating",
    "move secondary to idle",     "move secondary to learner",  "move secondary to activating",
    "move activating to learner", "move activating to primary", "move primary to learner",
    "move primary to secondary",
};
// Rules 2, 5, 8: the reasons of a definite refusal.
constexpr const char* kRefusals[] = {
    "append refused: no lease",
    "append refused: not the primary",
    "append refused: handing over",
    "append refused: too few in-sync members",
};
// Rules 2, 3, 12 and switchovers: the requests of members.
constexpr const char* kRequests[] = {
    "request add",
    "request remove",
    "request replace-primary",
    "request hand-over",
};
// Rules 7, 9, 11, and what happens in between.
constexpr const char* kRepairs[] = {
    "log truncated",
    "log trimmed",
    "snapshot sent",
    "snapshot installed",
    "rollback",
    "state rebuilt",
    "fsync failed",
    "notice log-failed",
    "promoted by force",
    "crash between two effects",
    "kill around a view change",
    "cut one way",
    "cut both ways",
};

}  // namespace

std::vector<std::string> expected_coverage() {
  std::vector<std::string> out;
  for (const Fault& fault : faults()) out.push_back("fault " + std::string(fault.name));
  out.insert(out.end(), std::begin(kManager), std::end(kManager));
  out.insert(out.end(), std::begin(kMoves), std::end(kMoves));
  out.insert(out.end(), std::begin(kRefusals), std::end(kRefusals));
  out.insert(out.end(), std::begin(kRequests), std::end(kRequests));
  out.insert(out.end(), std::begin(kRepairs), std::end(kRepairs));
  return out;
}

std::vector<std::string> missing_coverage(const Coverage& seen) {
  std::vector<std::string> out;
  for (std::string& name : expected_coverage()) {
    if (!seen.contains(name)) out.push_back(std::move(name));
  }
  return out;
}

}  // namespace multiaz::replication::sim
