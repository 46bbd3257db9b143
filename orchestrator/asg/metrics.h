// The metrics of the scaling policies: rates of the counters in the instances' reports.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "orchestrator/asg/asg_group.h"

namespace multiaz::orchestrator {

class AsgMetrics {
 public:
  AsgMetrics(Context& context, AsgGroup& group) : c_(context), group_(group) {}
  ScalingMetrics measure();

 private:
  struct Counted {
    uint64_t launch = 0, value = 0;
    Nanos at = 0;
  };
  std::optional<double> rate_of(const std::string& id, const char* counter);

  Context& c_;
  AsgGroup& group_;
  std::map<std::string, Counted> counted_;  // by instance
};

}  // namespace multiaz::orchestrator
