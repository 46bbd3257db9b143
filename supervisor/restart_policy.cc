#include "supervisor/restart_policy.h"

#include <algorithm>

namespace multiaz::supervisor {

std::optional<uint64_t> RestartPolicy::after_death(uint64_t lived_ms, bool killed) {
  if (lived_ms >= kLongLifeMs) {
    delay_ms_ = 0;
    own_deaths_ = 0;
  }
  if (!killed && ++own_deaths_ >= kOwnDeathsMax) return std::nullopt;
  const uint64_t delay = std::max(delay_ms_, kRestartDelayMs);
  delay_ms_ = std::min(delay * 2, kRestartDelayMsMax);
  return delay;
}

}  // namespace multiaz::supervisor
