// The time to recover, split into its parts, from the record of a run. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chaos/plan/record.h"

namespace multiaz::chaos {

// Moments after one fault, CLOCK_MONOTONIC; absent: it did not come, or cannot be seen.
struct Recovery {
  std::string fault, path;
  Nanos struck = 0;                // t0: the fault's system call had returned
  std::optional<Nanos> felt;       // t1: the first request that failed, or took 500 ms
  std::optional<Nanos> detected;   // t2: the control plane logged an event about it
  std::optional<Nanos> fenced;     // t3: the old primary cannot serve any more
  std::optional<Nanos> promoted;   // t4: another member serves
  std::optional<Nanos> routed;     // t6: the first success after that
  std::optional<Nanos> restored;   // t7: start of the first second with 99 % successes
  std::optional<Nanos> redundant;  // t8: every role filled and in sync
  std::optional<Nanos> warm;  // t9: start of the first second with 95 % of the hit ratio before
};
std::vector<Recovery> recoveries(const RunRecord& record);

}  // namespace multiaz::chaos
