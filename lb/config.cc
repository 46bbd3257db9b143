#include "lb/config.h"

namespace multiaz::lb {

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
