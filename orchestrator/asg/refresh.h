// Instance refresh: the rolling replacement of a group's instances by those of another launch
// template version, as EC2 Auto Scaling does it. Which instance goes next is capacity.h's business;
// this file says whether the refresh goes well, has ended or must be rolled back. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "orchestrator/asg/capacity.h"

namespace multiaz::orchestrator {

enum class RefreshStatus {
  kNone,
  kInProgress,
  kSuccessful,
  kFailed,
  kCancelled,
  kRollbackInProgress,
  kRollbackSuccessful,
};
std::string_view to_string(RefreshStatus status);  // AWS's words: "InProgress", ...

struct Refresh {
  uint64_t number = 0;  // 1, 2, ...
  RefreshStatus status = RefreshStatus::kNone;
  std::string reason;         // why it failed
  uint64_t from = 0, to = 0;  // template versions
  int64_t min_healthy_percent = 100, max_healthy_percent = 120;
  bool auto_rollback = true;
  int64_t old_errors_percent = 0;  // 5xx of the old version, as long as it answered
  std::string started, ended;      // wall clock
  bool operator==(const Refresh&) const = default;

  [[nodiscard]] bool under_way() const {
    return status == RefreshStatus::kInProgress || status == RefreshStatus::kRollbackInProgress;
  }
};

// What is known of an instance beside capacity.h's facts.
struct RefreshFacts {
  CapacityMember member;
  uint64_t deaths = 0;                    // of this instance's processes, except ordered ones
  uint64_t pending_ms = 0;                // since its first launch, while it is not in service
  bool has_served = false;                // this process has been in service
  std::string unhealthy;                  // why the load balancers condemn it; "" = they do not
  uint64_t requests = 0, errors_5xx = 0;  // as the load balancers counted them
};

struct RefreshLimits {
  uint64_t start_ms = 10'000;  // a new instance must be in service by then
  uint64_t deaths = 2;
  // A new instance has failed when of at least so many requests more than this share were 5xx,
  // and those of the old version did at most half as badly.
  uint64_t requests_min = 20;
  double errors_share = 0.1;
};

// How far it is: 0..100 of the instances are of the new version and warm.
int64_t percent_complete(const Refresh& refresh, const std::vector<RefreshFacts>& facts);

// The refresh after a look at the instances: the same, or with another status (and reason).
Refresh look_at_refresh(const Refresh& refresh, const std::vector<RefreshFacts>& facts,
                        const RefreshLimits& limits);

}  // namespace multiaz::orchestrator
