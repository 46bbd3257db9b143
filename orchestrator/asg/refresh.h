// Instance refresh: the rolling replacement of a group's instances by those of another launch
// template version, as EC2 Auto Scaling does it. capacity.h chooses which instance goes next; this
// file decides whether the refresh goes well, has ended or must be rolled back. Pure.
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
std::string_view to_string(RefreshStatus status);  // AWS's names: "InProgress", ...

struct Refresh {
  uint64_t number = 0;  // 1, 2, ...
  RefreshStatus status = RefreshStatus::kNone;
  std::string reason;         // of a failure
  uint64_t from = 0, to = 0;  // template versions
  int64_t min_healthy_percent = 100, max_healthy_percent = 120;
  bool auto_rollback = true;
  int64_t old_errors_percent = 0;  // share of 5xx of the old version while it still answered
  std::string started, ended;      // wall clock
  bool operator==(const Refresh&) const = default;

  [[nodiscard]] bool under_way() const {
    return status == RefreshStatus::kInProgress || status == RefreshStatus::kRollbackInProgress;
  }
};

// The facts about an instance that capacity.h does not have.
struct RefreshFacts {
  CapacityMember member;
  uint64_t deaths = 0;                    // ends of this instance's processes, except ordered ones
  uint64_t pending_ms = 0;                // time since its first launch while it is not in service
  bool has_served = false;                // its current process has been in service
  std::string unhealthy;                  // the load balancers' reason; "" = they do not find it so
  uint64_t requests = 0, errors_5xx = 0;  // as the load balancers counted them
};

struct RefreshLimits {
  uint64_t start_ms = 10'000;  // a new instance must be in service by then
  uint64_t deaths = 2;
  // A new instance has failed when it had at least so many requests, more than this share of them
  // were 5xx, and the share of the old version was at most half as large.
  uint64_t requests_min = 20;
  double errors_share = 0.1;
};

// The percentage of instances that are of the new version and warm.
int64_t percent_complete(const Refresh& refresh, const std::vector<RefreshFacts>& facts);

// Judges the refresh by its instances: returns it as it is, or with another status (and reason).
Refresh look_at_refresh(const Refresh& refresh, const std::vector<RefreshFacts>& facts,
                        const RefreshLimits& limits);

}  // namespace multiaz::orchestrator
