#include "lb/config.h"

#include "base/core/descriptors.h"

namespace multiaz::lb {

size_t clients_max() {
  return clients_within(kClientsMax, 2);
}

LbConfig config_for_profile(const std::string& profile) {
  LbConfig config;
  if (profile != "aws") return config;
  config.check_interval_ms = 30'000;
  config.check_timeout_ms = 5'000;
  config.thresholds.healthy = 5;
  config.thresholds.unhealthy = 2;
  config.connect_ms = 10'000;
  config.deregistration_ms = 300'000;
  config.drain.limit_ms = 30'000;
  return config;
}

}  // namespace multiaz::lb
