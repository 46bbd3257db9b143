#include "supervisor/restart_policy.h"

#include <algorithm>

namespace multiaz::supervisor {

uint64_t RestartPolicy::after_death(uint64_t lived_ms, bool killed) {
  if (lived_ms >= kLongLifeMs) lives();
  if (killed) {
    failures_ = 0;
    return kRestartDelayMs;
  }
  ++failures_;
  const uint64_t delay = delay_ms_;
  delay_ms_ = std::min(delay * 2, kRestartDelayMsMax);
  return delay;
}

void RestartPolicy::lives() {
  delay_ms_ = kRestartDelayMs;
  failures_ = 0;
}

}  // namespace multiaz::supervisor
