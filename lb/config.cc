#include "lb/config.h"

#include "base/core/descriptors.h"
#include "base/elb/read_document.h"

namespace multiaz::lb {

size_t clients_max() {
  return clients_within(kClientsMax, 2);
}

LbConfig::LbConfig() : web(elb::defaults_for_profile("fast").web) {}

LbConfig config_for_profile(const std::string& profile) {
  LbConfig config;
  config.web = elb::defaults_for_profile(profile).web;
  if (profile != "aws") return config;
  config.connect_ms = 10'000;
  config.anomaly_interval_ms = 5'000;
  config.drain.limit_ms = 30'000;
  return config;
}

}  // namespace multiaz::lb
