// Scripted stories: the trace of each stays the same (tests/golden/control).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/sim/world.h"

namespace multiaz::orchestrator::sim {

struct Story {
  std::string_view name;  // also names the golden file
  std::string_view title;
  void (*play)(World& world);  // the cluster has started; the trace begins here
};

const std::vector<Story>& stories();
std::string tell(const Story& story);  // returns its trace

}  // namespace multiaz::orchestrator::sim
