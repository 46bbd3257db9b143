// The cost of each scenario of a series, and whether the cluster recovered from it. Pure.
#pragma once

#include <optional>
#include <string>

#include "chaos/plan/record.h"

namespace multiaz::chaos {

struct RoundFigures {
  bool bit = false;         // each of its faults had an effect, verified from outside
  bool overlapped = false;  // the paths that it hits were in use before and after
  std::string proof;
  std::string took_over;   // the new primaries of the groups that it hit
  uint64_t detect_ms = 0;  // until the control plane logged an event about a target
  uint64_t outage_ms = 0;  // the longest time without a success, of the worst of its paths
  uint64_t failed = 0;     // requests
  uint64_t whole_again_ms = 0;
};

RoundFigures figures_of(const RunRecord& record, const RoundRecord& round);
// When the control plane first logged an event about one of the fault's targets that was not
// ordered.
std::optional<Nanos> detected_at(const RunRecord& record, const FaultRecord& fault);

}  // namespace multiaz::chaos
