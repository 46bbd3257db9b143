// Adds members to the replication groups, removes them, and changes their settings.
#pragma once

#include <string>

#include "orchestrator/asg/fleet.h"
#include "orchestrator/rds/groups.h"

namespace multiaz::orchestrator {

class Members {
 public:
  Members(Context& context, Groups& groups, Fleet& fleet)
      : c_(context), groups_(groups), fleet_(fleet) {}
  // Adds it to the replication group of its tier.
  Status add(PlannedInstance planned, bool candidate);
  // The member leaves its view first, and its data is deleted with it. kConflict: the group cannot
  // go on without it now, because it is the primary or becomes it, no other member may be primary,
  // or the primary does not run.
  Status remove(const std::string& id);
  Status make_candidate(const std::string& id);
  // Ends members that were taken out of their group and still run, because an earlier orchestrator
  // ended in between. To be called after the adoption.
  void resume_removals();
  // The flag counts from the next start of each member of the group.
  Status set_flag(const std::string& group, const std::string& flag, const std::string& value);

 private:
  PlannedGroup& planned(const std::string& group);
  [[nodiscard]] Status can_go_on_without(const std::string& id);

  Context& c_;
  Groups& groups_;
  Fleet& fleet_;
};

}  // namespace multiaz::orchestrator
