#include "orchestrator/rds/members.h"

#include <algorithm>
#include <utility>

#include "base/core/check.h"
#include "base/core/log.h"

namespace multiaz::orchestrator {

PlannedGroup& Members::planned(const std::string& group) {
  for (PlannedGroup& one : c_.state.plan.groups) {
    if (one.name == group) return one;
  }
  CHECK_NOTE(false, "no group " + group);
}

Status Members::add(PlannedInstance added, bool candidate) {
  PlannedGroup& group = planned(added.tier);
  group.members.push_back({added.id, added.zone, candidate});
  const std::string name = group.name;
  const Status saved = fleet_.add(std::move(added));
  if (!saved) {
    group.members.pop_back();
    return saved;
  }
  groups_.named(name)->members_changed();
  return Status();
}

// The newest view counts, even one that the disk has not taken yet: its primary is about to act.
Status Members::can_go_on_without(const std::string& id) {
  const PlannedGroup& group = planned(c_.state.instances.at(id).tier);
  const std::string& primary = groups_.named(group.name)->view().primary.raw;
  if (primary == id) {
    return Error(Code::kConflict, id + " is the primary of " + group.name +
                                      ": hand its role over first (multiaz failover " + group.name +
                                      ")");
  }
  const auto others = [&](const GroupMember& one) { return one.candidate && one.id != id; };
  if (std::none_of(group.members.begin(), group.members.end(), others)) {
    return Error(Code::kConflict, id + " is the last member that may be primary");
  }
  const Instance* first = c_.state.instance(primary);
  if (first == nullptr || !first->running() || first->silent) {
    return Error(Code::kConflict, id + " may be needed: the primary of " + group.name +
                                      (primary.empty() ? "" : ", " + primary + ",") +
                                      " does not run now; try again when the group has one");
  }
  return Status();
}

// The view is changed first: when the orchestrator ends in between, the next one finds the member
// in its plan and takes it back as a learner.
Status Members::remove(const std::string& id) {
  const Status possible = can_go_on_without(id);
  if (!possible) return possible;
  PlannedGroup& group = planned(c_.state.instances.at(id).tier);
  std::erase_if(group.members, [&](const GroupMember& one) { return one.id == id; });
  groups_.named(group.name)->members_changed();
  const Status saved = c_.save_plan();
  if (!saved) log::warn("the plan is not saved: " + saved.error().text());
  fleet_.begin_leaving(id, "removed");
  return Status();
}

Status Members::make_candidate(const std::string& id) {
  PlannedGroup& group = planned(c_.state.instances.at(id).tier);
  for (GroupMember& one : group.members) {
    if (one.id == id) one.candidate = true;
  }
  const Status saved = c_.save_plan();
  if (saved) groups_.named(group.name)->members_changed();
  return saved;
}

void Members::resume_removals() {
  if (c_.state.mistake == Mistake::kForgetsRemovals) return;
  for (const auto& [id, one] : c_.state.instances) {
    if (c_.state.plan.group(one.tier) && !groups_.of(id)) fleet_.begin_leaving(id, "removed");
  }
}

Status Members::set_flag(const std::string& group, const std::string& flag,
                         const std::string& value) {
  for (PlannedInstance& one : c_.state.plan.instances) {
    if (one.tier != group) continue;
    for (size_t i = 0; i + 1 < one.flags.size(); ++i) {
      if (one.flags[i] == flag) one.flags[i + 1] = value;
    }
  }
  return c_.save_plan();
}

}  // namespace multiaz::orchestrator
