// When to start the orchestrator again. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/core/clock.h"

namespace multiaz::supervisor {

constexpr uint64_t kRestartDelayMs = 50;  // after the first fast death; doubles each time
constexpr uint64_t kRestartDelayMsMax = 2000;
constexpr uint64_t kLongLifeMs = 5000;  // whoever lived that long starts afresh
constexpr int kOwnDeathsMax = 8;        // fast deaths of its own making, in a row

class RestartPolicy {
 public:
  // `killed`: from outside, by SIGKILL or by an orderly SIGTERM. Who kills it again and again
  // is slowed down by the delay but is no reason to give the cluster up.
  // Returns the delay before the next start; nothing = give up.
  std::optional<uint64_t> after_death(uint64_t lived_ms, bool killed);

 private:
  uint64_t delay_ms_ = 0;
  int own_deaths_ = 0;
};

}  // namespace multiaz::supervisor
