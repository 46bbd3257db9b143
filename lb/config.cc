#include "lb/config.h"

#include "base/core/descriptors.h"

namespace multiaz::lb {

size_t clients_max() {
  return clients_within(kClientsMax, 2);
}

LbConfig::LbConfig() {
  web.name = std::string(elb::kWebGroup);
  web.health.path = "/health";
  web.health.interval_ms = 200;
  web.health.timeout_ms = 500;
  web.health.healthy_threshold = 2;
  web.health.unhealthy_threshold = 2;
  web.attributes.deregistration_delay_ms = 5'000;
  web.attributes.stickiness = true;
}

LbConfig config_for_profile(const std::string& profile) {
  LbConfig config;
  if (profile != "aws") return config;
  config.web.health.interval_ms = 30'000;
  config.web.health.timeout_ms = 5'000;
  config.web.health.healthy_threshold = 5;
  config.web.health.unhealthy_threshold = 2;
  config.connect_ms = 10'000;
  config.web.attributes.deregistration_delay_ms = 300'000;
  config.drain.limit_ms = 30'000;
  return config;
}

}  // namespace multiaz::lb
