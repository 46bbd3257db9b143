// Scaling policies: from the metrics of a period they derive the desired capacity of the group and
// the reason for it. Pure: the caller passes the time.
//
// Target tracking works as EC2 Auto Scaling describes it. An alarm "high" after some periods above
// the target scales out at once and in proportion. An alarm "low" after many periods below 90 % of
// it scales in, to the largest capacity that any of those periods needed, and only when every
// policy agrees and no instance is warming up. Step scaling counts instances that warm up as part
// of the capacity, so that one alarm does not add twice. Simple scaling waits for a cooldown.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"

namespace multiaz::orchestrator {

enum class ScalingMetric { kCpu, kRequests };  // percent of a core; requests/s for each instance
std::string_view to_string(ScalingMetric metric);  // "cpu", "requests"

enum class PolicyType { kTargetTracking, kStep, kSimple };
std::string_view to_string(PolicyType type);  // "target-tracking", "step", "simple"

enum class AdjustmentType { kChangeInCapacity, kExactCapacity, kPercentChangeInCapacity };
std::string_view to_string(AdjustmentType type);  // "ChangeInCapacity", ...

// A step applies while lower <= metric - threshold < upper; in a policy with `below`, while lower <
// metric - threshold <= upper.
struct StepAdjustment {
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
  double adjustment = 0;
  bool operator==(const StepAdjustment&) const = default;
};

struct ScalingPolicy {
  std::string name;
  PolicyType type = PolicyType::kTargetTracking;
  ScalingMetric metric = ScalingMetric::kCpu;
  double target = 0;  // of target tracking; for the other types it is the threshold
  bool disable_scale_in = false;
  // Only step and simple scaling use the rest.
  bool below = false;  // the alarm is on when the metric is below the threshold
  AdjustmentType adjustment_type = AdjustmentType::kChangeInCapacity;
  std::vector<StepAdjustment> steps;  // simple scaling has exactly one
  int64_t min_adjustment = 0;         // for percentages: the least change, in instances
  uint64_t cooldown_ms = 0;           // for simple scaling
  bool operator==(const ScalingPolicy&) const = default;
};
// kInvalid names what is wrong: steps that overlap or leave a gap, no positive target, ...
Status check_policy(const ScalingPolicy& policy);

struct ScalingTimes {
  uint64_t period_ms = 500;
  int out_periods = 2;  // so many in a row above the target
  int in_periods = 10;  // so many in a row below 90 % of it
};
ScalingTimes scaling_times(const std::string& profile);

// The metrics of the last period. A metric without a value is insufficient data: then no policy
// scales in.
struct ScalingMetrics {
  std::optional<double> cpu_percent;     // mean over the warm instances
  std::optional<double> requests_per_s;  // sum over all instances
  int64_t warm = 0;                      // instances in service and warmed up
  int64_t warming = 0;                   // instances that are starting or not warm yet
};

struct ScalingDecision {
  int64_t desired = 0;
  std::string policy, reason;
};

class Scaling {
 public:
  explicit Scaling(ScalingTimes times) : times_(times) {}

  // To be called once a period. Returns a new desired capacity within [min, max], or nothing.
  std::optional<ScalingDecision> period(Nanos now, const ScalingMetrics& metrics,
                                        const std::vector<ScalingPolicy>& policies, int64_t desired,
                                        int64_t min, int64_t max);
  [[nodiscard]] const ScalingTimes& times() const { return times_; }

 private:
  struct Sample {
    double value = 0;        // the metric of one instance
    int64_t needed_out = 0;  // instances that the target needs
    int64_t needed_in = 0;   // instances that 90 % of the target needs
  };
  struct Record {
    std::deque<Sample> samples;  // of the last in_periods
    int breaches = 0;            // periods in a row, for step and simple scaling
    Nanos cooled_at = 0;         // end of the cooldown, for simple scaling
  };
  std::optional<ScalingDecision> track(const ScalingPolicy& policy, const Record& record,
                                       int64_t desired) const;
  std::optional<int64_t> track_in(const ScalingPolicy& policy, const Record& record) const;
  std::optional<ScalingDecision> step(Nanos now, const ScalingPolicy& policy, Record& record,
                                      const ScalingMetrics& metrics, int64_t desired) const;

  ScalingTimes times_;
  std::map<std::string, Record> records_;
};

// The capacity after an adjustment. Percentages are rounded as AWS does: away from zero within (-1,
// 1), towards zero outside.
int64_t adjusted(int64_t capacity, AdjustmentType type, double adjustment, int64_t min_adjustment);

}  // namespace multiaz::orchestrator
