// One seed gives one run: a start, strikes, recovery, and a verdict.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "orchestrator/sim/checks.h"

namespace multiaz::orchestrator::sim {

struct RunResult {
  Violation violation;  // an empty check: the run is good
  std::string trace;
  std::map<std::string, uint64_t> struck;  // how often each strike was applied, by name
  Nanos virtual_time = 0;
  [[nodiscard]] bool ok() const { return violation.check.empty(); }
};

constexpr Nanos kStartMax = 30 * kSecond;
constexpr Nanos kRecoveryMax = 60 * kSecond;

RunResult simulate(uint64_t seed, Mistake mistake, bool trace = false);

}  // namespace multiaz::orchestrator::sim
