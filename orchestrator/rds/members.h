// Members of the replication groups that come and go, and their settings.
#pragma once

#include <string>

#include "orchestrator/asg/fleet.h"
#include "orchestrator/rds/groups.h"

namespace multiaz::orchestrator {

class Members {
 public:
  Members(Context& context, Groups& groups, Fleet& fleet)
      : c_(context), groups_(groups), fleet_(fleet) {}
  // Of the replication group of its tier.
  Status add(PlannedInstance planned, bool candidate);
  // It leaves its view first; its data goes with it.
  Status remove(const std::string& id);
  Status make_candidate(const std::string& id);
  // Members that were taken out of their group and, when an orchestrator before us died, not yet
  // ended. After the adoption.
  void resume_removals();
  // For the next start of each member of the group.
  Status set_flag(const std::string& group, const std::string& flag, const std::string& value);

 private:
  PlannedGroup& planned(const std::string& group);

  Context& c_;
  Groups& groups_;
  Fleet& fleet_;
};

}  // namespace multiaz::orchestrator
