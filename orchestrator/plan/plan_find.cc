// Finds the parts of a plan by their names.
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

namespace {

template <typename T>
const T* find_by(const std::vector<T>& all, const std::string& wanted, std::string T::*field) {
  for (const T& one : all) {
    if (one.*field == wanted) return &one;
  }
  return nullptr;
}

}  // namespace

const LaunchTemplate* PlannedAsg::launch_template(uint64_t version) const {
  for (const LaunchTemplate& one : templates) {
    if (one.version == version) return &one;
  }
  return nullptr;
}

const PlannedInstance* Plan::instance(const std::string& id) const {
  return find_by(instances, id, &PlannedInstance::id);
}
const PlannedEndpoint* Plan::endpoint(const std::string& wanted) const {
  return find_by(endpoints, wanted, &PlannedEndpoint::name);
}
const PlannedGroup* Plan::group(const std::string& wanted) const {
  return find_by(groups, wanted, &PlannedGroup::name);
}

}  // namespace multiaz::orchestrator
