// Health of one target, as an Application Load Balancer counts it.
#pragma once

#include <string>
#include <string_view>

namespace multiaz::lb {

enum class Health { kInitial, kHealthy, kUnhealthy };
std::string_view to_string(Health health);

struct Thresholds {
  unsigned healthy = 2;    // successes in a row until it is healthy
  unsigned unhealthy = 2;  // failures in a row until it is unhealthy
};

class HealthState {
 public:
  // Takes the result of one check; true when the health changed. The first success makes a new
  // target healthy at once, whatever the threshold.
  bool record(bool passed, Thresholds thresholds);
  [[nodiscard]] Health health() const { return health_; }

  // A connect failed between two checks: avoid the target until the next result.
  void suspect() { suspect_ = true; }
  [[nodiscard]] bool suspected() const { return suspect_; }

 private:
  Health health_ = Health::kInitial;
  bool suspect_ = false;
  unsigned successes_ = 0;  // counted in a row
  unsigned failures_ = 0;   // counted in a row
};

}  // namespace multiaz::lb
