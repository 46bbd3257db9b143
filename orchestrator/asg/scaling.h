// Scaling policies: from metrics to a desired capacity. Pure: told the time and the metrics of a
// period, it says what the group should have and why.
//
// Target tracking as EC2 Auto Scaling describes it: an alarm "high" after some periods above the
// target scales out at once and in proportion; an alarm "low" after many periods below 90 % of it
// scales in, to the largest capacity that any of those periods needed, and only when every policy
// agrees and no instance is warming up. Step scaling counts instances that warm up as part of the
// capacity, so that one alarm does not add twice. Simple scaling waits for a cooldown.
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

enum class ScalingMetric { kCpu, kRequests };      // percent of a core; requests/s an instance
std::string_view to_string(ScalingMetric metric);  // "cpu", "requests"

enum class PolicyType { kTargetTracking, kStep, kSimple };
std::string_view to_string(PolicyType type);  // "target-tracking", "step", "simple"

enum class AdjustmentType { kChangeInCapacity, kExactCapacity, kPercentChangeInCapacity };
std::string_view to_string(AdjustmentType type);  // "ChangeInCapacity", ...

// Applies while lower <= metric - threshold < upper; for a policy that looks below its threshold
// (`below`), while lower < metric - threshold <= upper.
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
  double target = 0;  // of target tracking; the threshold of the others
  bool disable_scale_in = false;
  // step and simple
  bool below = false;  // alarm when the metric is below the threshold
  AdjustmentType adjustment_type = AdjustmentType::kChangeInCapacity;
  std::vector<StepAdjustment> steps;  // of simple: exactly one
  int64_t min_adjustment = 0;         // of percentages: at least so many
  uint64_t cooldown_ms = 0;           // of simple
  bool operator==(const ScalingPolicy&) const = default;
};
// kInvalid names what is wrong: steps that overlap or leave a gap, no positive target, ...
Status check_policy(const ScalingPolicy& policy);

struct ScalingTimes {
  uint64_t period_ms = 500;
  int out_periods = 2;  // in a row above
  int in_periods = 10;  // in a row below
};
ScalingTimes scaling_times(const std::string& profile);

// Of the last period. Without a value: insufficient data, and then nobody scales in.
struct ScalingMetrics {
  std::optional<double> cpu_percent;     // mean over warm instances
  std::optional<double> requests_per_s;  // of all together
  int64_t warm = 0;                      // instances in service and warmed up
  int64_t warming = 0;                   // on their way in, or not warm yet
};

struct ScalingDecision {
  int64_t desired = 0;
  std::string policy, reason;
};

class Scaling {
 public:
  explicit Scaling(ScalingTimes times) : times_(times) {}

  // Call once a period. Gives a new desired capacity inside [min, max], or nothing.
  std::optional<ScalingDecision> period(Nanos now, const ScalingMetrics& metrics,
                                        const std::vector<ScalingPolicy>& policies, int64_t desired,
                                        int64_t min, int64_t max);
  [[nodiscard]] const ScalingTimes& times() const { return times_; }

 private:
  struct Sample {
    double value = 0;        // of the metric, for each instance
    int64_t needed_out = 0;  // instances for the target
    int64_t needed_in = 0;   // instances for 90 % of it
  };
  struct Record {
    std::deque<Sample> samples;  // the last in_periods
    int breaches = 0;            // in a row, of step and simple
    Nanos cooled_at = 0;         // of simple: not before
  };
  std::optional<ScalingDecision> track(const ScalingPolicy& policy, const Record& record,
                                       int64_t desired) const;
  std::optional<int64_t> track_in(const ScalingPolicy& policy, const Record& record) const;
  std::optional<ScalingDecision> step(Nanos now, const ScalingPolicy& policy, Record& record,
                                      const ScalingMetrics& metrics, int64_t desired) const;

  ScalingTimes times_;
  std::map<std::string, Record> records_;
};

// The capacity that an adjustment leads to, with AWS's rounding of percentages: away from zero
// inside (-1, 1), towards zero outside.
int64_t adjusted(int64_t capacity, AdjustmentType type, double adjustment, int64_t min_adjustment);

}  // namespace multiaz::orchestrator
