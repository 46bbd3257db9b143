#include "lb/balance/health.h"

namespace multiaz::lb {

std::string_view to_string(Health health) {
  switch (health) {
    case Health::kInitial: return "initial";
    case Health::kHealthy: return "healthy";
    case Health::kUnhealthy: return "unhealthy";
  }
  return "?";
}

bool HealthState::record(bool passed, Thresholds thresholds) {
  const Health before = health_;
  suspect_ = false;
  successes_ = passed ? successes_ + 1 : 0;
  failures_ = passed ? 0 : failures_ + 1;
  if (health_ == Health::kInitial && passed) health_ = Health::kHealthy;
  if (health_ == Health::kUnhealthy && successes_ >= thresholds.healthy) health_ = Health::kHealthy;
  if (failures_ >= thresholds.unhealthy) health_ = Health::kUnhealthy;
  return health_ != before;
}

}  // namespace multiaz::lb
