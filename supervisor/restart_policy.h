// When to start the orchestrator again. Pure. It is always started again: data nodes, balancers and
// web instances serve without it, and ending them would turn its failure into an outage of all.
#pragma once

#include <cstdint>

#include "base/core/clock.h"

namespace multiaz::supervisor {

constexpr uint64_t kRestartDelayMs = 50;  // after the first quick failure; it doubles each time
constexpr uint64_t kRestartDelayMsMax = 2000;
constexpr uint64_t kLongLifeMs = 5000;  // a life of this length resets the delay

class RestartPolicy {
 public:
  // `killed` means from outside, by SIGKILL or by an orderly SIGTERM. The next start then comes at
  // once, however often that happens: a kill must not find it waiting because of earlier ones.
  // Returns the delay before the next start.
  uint64_t after_death(uint64_t lived_ms, bool killed);
  // To be called when it has lived for kLongLifeMs.
  void lives();
  // Quick failures by itself in a row; being killed ends the row.
  [[nodiscard]] uint64_t failures() const { return failures_; }

 private:
  uint64_t delay_ms_ = kRestartDelayMs;
  uint64_t failures_ = 0;
};

}  // namespace multiaz::supervisor
