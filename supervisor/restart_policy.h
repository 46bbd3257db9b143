// When to start the orchestrator again. Pure. It is always started again: data nodes, balancers and
// web instances serve without it, and ending them would turn its fault into everybody's.
#pragma once

#include <cstdint>

#include "base/core/clock.h"

namespace multiaz::supervisor {

constexpr uint64_t kRestartDelayMs = 50;  // after the first fast death; doubles each time
constexpr uint64_t kRestartDelayMsMax = 2000;
constexpr uint64_t kLongLifeMs = 5000;  // whoever lived that long starts afresh

class RestartPolicy {
 public:
  // `killed`: from outside, by SIGKILL or by an orderly SIGTERM. The next start comes at once then,
  // however often that happens: the last kill must not find it waiting for the ones before.
  // Returns the delay before the next start.
  uint64_t after_death(uint64_t lived_ms, bool killed);
  // It has lived for kLongLifeMs and lives on.
  void lives();
  // Fast deaths of its own making, one after the other; being killed ends such a row.
  [[nodiscard]] uint64_t failures() const { return failures_; }

 private:
  uint64_t delay_ms_ = kRestartDelayMs;
  uint64_t failures_ = 0;
};

}  // namespace multiaz::supervisor
