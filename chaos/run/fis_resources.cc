// What the targets of a FIS template can mean in a running cluster.
#include <set>

#include "chaos/run/run.h"

namespace multiaz::chaos {

rt::Task<std::vector<FisResource>> fis_resources(Cluster& cluster) {
  std::vector<FisResource> out;
  const auto instances = co_await cluster.instances();
  std::set<std::string> zones;
  for (const Instance& one : instances ? *instances : std::vector<Instance>()) {
    out.push_back({one.id, one.tier, one.zone, one.role});
    if (one.zone.starts_with("az-")) zones.insert(one.zone);
  }
  for (const std::string& zone : zones) out.push_back({zone, "zone", zone, ""});
  out.push_back({"web", "asg", "", ""});
  co_return out;
}

}  // namespace multiaz::chaos
