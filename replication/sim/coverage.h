// The names of everything that a campaign must have exercised: a rule that no run tests is not
// checked, whatever the number of seeds.
#pragma once

#include <string>
#include <vector>

#include "replication/sim/world.h"

namespace multiaz::replication::sim {

constexpr uint64_t kCoverageSeedsMin = 2000;  // fewer runs may miss the rare ones

// The names that every campaign of kCoverageSeedsMin random runs must count: faults, moves of the
// state machine, decisions of the manager, requests, refusals, repairs.
std::vector<std::string> expected_coverage();
// The expected names that were never counted.
std::vector<std::string> missing_coverage(const Coverage& seen);

}  // namespace multiaz::replication::sim
