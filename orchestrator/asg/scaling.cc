#include "orchestrator/asg/scaling.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace multiaz::orchestrator {

namespace {

constexpr double kAskedMax = 1e6;  // the most instances or percent in any number of a policy
constexpr uint64_t kCooldownMsMax = 86'400'000;
constexpr size_t kStepsMax = 20;
constexpr double kLowShare = 0.9;  // scale-in aims below the target, so that it does not flap

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

// A tiny target may ask for more instances than an integer holds.
int64_t ceil_of(double value) {
  return static_cast<int64_t>(std::ceil(std::clamp(value, -kAskedMax, kAskedMax) - 1e-9));
}

Status check_figures(const ScalingPolicy& policy) {
  const auto far = [](double v) { return !std::isfinite(v) || std::abs(v) > kAskedMax; };
  if (policy.min_adjustment < 0 || policy.min_adjustment > static_cast<int64_t>(kAskedMax)) {
    return Error(Code::kInvalid, policy.name + ": \"min_adjustment\" goes from 0 to 1000000");
  }
  if (policy.cooldown_ms > kCooldownMsMax) {
    return Error(Code::kInvalid, policy.name + ": \"cooldown_ms\" goes from 0 to " +
                                     std::to_string(kCooldownMsMax));
  }
  if (policy.steps.size() > kStepsMax) {
    return Error(Code::kInvalid, policy.name + ": it has at most 20 steps");
  }
  for (const StepAdjustment& step : policy.steps) {
    if (far(step.adjustment)) {
      return Error(Code::kInvalid, policy.name + ": \"adjustment\" goes from -1000000 to 1000000");
    }
  }
  return Status();
}

// The metric of one instance.
std::optional<double> value_of(ScalingMetric metric, const ScalingMetrics& metrics) {
  if (metrics.warm == 0) return std::nullopt;
  if (metric == ScalingMetric::kCpu) return metrics.cpu_percent;
  if (!metrics.requests_per_s) return std::nullopt;
  return *metrics.requests_per_s / static_cast<double>(metrics.warm);
}

const char* unit_of(ScalingMetric metric) {
  return metric == ScalingMetric::kCpu ? " % CPU" : " requests/s an instance";
}

bool applies(const StepAdjustment& step, double distance, bool below) {
  if (below) return step.lower < distance && distance <= step.upper;
  return step.lower <= distance && distance < step.upper;
}

}  // namespace

std::string_view to_string(ScalingMetric metric) {
  return metric == ScalingMetric::kCpu ? "cpu" : "requests";
}

std::string_view to_string(PolicyType type) {
  switch (type) {
    case PolicyType::kTargetTracking: return "target-tracking";
    case PolicyType::kStep: return "step";
    case PolicyType::kSimple: return "simple";
  }
  return "?";
}

std::string_view to_string(AdjustmentType type) {
  switch (type) {
    case AdjustmentType::kChangeInCapacity: return "ChangeInCapacity";
    case AdjustmentType::kExactCapacity: return "ExactCapacity";
    case AdjustmentType::kPercentChangeInCapacity: return "PercentChangeInCapacity";
  }
  return "?";
}

Status check_policy(const ScalingPolicy& policy) {
  if (policy.name.empty()) return Error(Code::kInvalid, "a policy needs a name");
  if (!std::isfinite(policy.target) || policy.target < 0 ||
      (policy.target == 0 && policy.type == PolicyType::kTargetTracking)) {
    return Error(Code::kInvalid, policy.name + ": the target is a number above 0");
  }
  const Status figures = check_figures(policy);
  if (!figures) return figures;
  if (policy.type == PolicyType::kTargetTracking) return Status();
  if (policy.steps.empty()) return Error(Code::kInvalid, policy.name + ": it needs a step");
  if (policy.type == PolicyType::kSimple && policy.steps.size() != 1) {
    return Error(Code::kInvalid, policy.name + ": simple scaling has one adjustment");
  }
  std::vector<StepAdjustment> steps = policy.steps;
  std::sort(steps.begin(), steps.end(),
            [](const auto& a, const auto& b) { return a.lower < b.lower; });
  for (size_t i = 0; i < steps.size(); ++i) {
    if (!(steps[i].lower < steps[i].upper)) {
      return Error(Code::kInvalid, policy.name + ": a step's lower bound is below its upper one");
    }
    if (i > 0 && steps[i].lower != steps[i - 1].upper) {
      return Error(Code::kInvalid, policy.name +
                                       ": steps must not overlap or leave a gap: one ends at " +
                                       number(steps[i - 1].upper) + ", the next begins at " +
                                       number(steps[i].lower));
    }
  }
  return Status();
}

ScalingTimes scaling_times(const std::string& profile) {
  if (profile == "fast") return ScalingTimes();
  ScalingTimes aws;  // alarms after 3 x 60 s (out) and 15 x 60 s (in)
  aws.period_ms = 60'000;
  aws.out_periods = 3;
  aws.in_periods = 15;
  return aws;
}

int64_t adjusted(int64_t capacity, AdjustmentType type, double adjustment, int64_t min_adjustment) {
  if (type == AdjustmentType::kExactCapacity) return static_cast<int64_t>(adjustment);
  if (type == AdjustmentType::kChangeInCapacity) {
    return capacity + static_cast<int64_t>(adjustment);
  }
  const double exact = static_cast<double>(capacity) * adjustment / 100.0;
  int64_t change = static_cast<int64_t>(exact);  // towards zero
  if (change == 0 && exact != 0) change = exact > 0 ? 1 : -1;
  if (std::abs(change) < min_adjustment) change = exact < 0 ? -min_adjustment : min_adjustment;
  return capacity + change;
}

// Scales out when every one of the last out_periods was above the target, to the mean of what they
// needed, and by at least one.
std::optional<ScalingDecision> Scaling::track(const ScalingPolicy& policy, const Record& record,
                                              int64_t desired) const {
  const auto n = static_cast<size_t>(times_.out_periods);
  if (record.samples.size() < n) return std::nullopt;
  double sum = 0;
  int64_t needed = 0;
  for (size_t i = record.samples.size() - n; i < record.samples.size(); ++i) {
    const Sample& sample = record.samples[i];
    if (sample.value <= policy.target) return std::nullopt;
    sum += sample.value;
    needed += sample.needed_out;
  }
  needed = ceil_of(static_cast<double>(needed) / static_cast<double>(n));
  if (needed <= desired) return std::nullopt;
  return ScalingDecision{needed, policy.name,
                         number(sum / static_cast<double>(n)) + unit_of(policy.metric) +
                             ", target " + number(policy.target)};
}

// Scales in when every one of the last in_periods was below 90 % of the target, to the largest
// number that any of them needed.
std::optional<int64_t> Scaling::track_in(const ScalingPolicy& policy, const Record& record) const {
  if (policy.disable_scale_in || record.samples.size() < static_cast<size_t>(times_.in_periods)) {
    return std::nullopt;
  }
  int64_t needed = 0;
  for (const Sample& sample : record.samples) {
    if (sample.value >= policy.target * kLowShare) return std::nullopt;
    needed = std::max(needed, sample.needed_in);
  }
  return needed;
}

std::optional<ScalingDecision> Scaling::step(Nanos now, const ScalingPolicy& policy, Record& record,
                                             const ScalingMetrics& metrics, int64_t desired) const {
  const auto value = value_of(policy.metric, metrics);
  if (!value) {
    record.breaches = 0;
    return std::nullopt;
  }
  const double distance = *value - policy.target;
  const bool breach = policy.below ? distance < 0 : distance >= 0;
  record.breaches = breach ? record.breaches + 1 : 0;
  const int periods = policy.below ? times_.in_periods : times_.out_periods;
  if (record.breaches < periods || now < record.cooled_at) return std::nullopt;
  for (const StepAdjustment& one : policy.steps) {
    if (policy.type == PolicyType::kStep && !applies(one, distance, policy.below)) continue;
    // Instances that warm up were launched for this very alarm. They are not part of the base, and
    // the capacity that they bring is not added again.
    const int64_t base = policy.type == PolicyType::kStep ? metrics.warm : desired;
    const int64_t wanted =
        adjusted(base, policy.adjustment_type, one.adjustment, policy.min_adjustment);
    const bool outwards = wanted > base;
    if (outwards ? wanted <= desired : (wanted >= desired || metrics.warming > 0)) {
      return std::nullopt;
    }
    record.breaches = 0;
    if (policy.type == PolicyType::kSimple)
      record.cooled_at = now + policy.cooldown_ms * kMillisecond;
    return ScalingDecision{
        wanted, policy.name,
        number(*value) + unit_of(policy.metric) + ", threshold " + number(policy.target)};
  }
  return std::nullopt;
}

std::optional<ScalingDecision> Scaling::period(Nanos now, const ScalingMetrics& metrics,
                                               const std::vector<ScalingPolicy>& policies,
                                               int64_t desired, int64_t min, int64_t max) {
  std::optional<ScalingDecision> out, in;
  bool all_agree = metrics.warming == 0;
  for (const ScalingPolicy& policy : policies) {
    Record& record = records_[policy.name];
    std::optional<ScalingDecision> mine;
    if (policy.type != PolicyType::kTargetTracking) {
      mine = step(now, policy, record, metrics, desired);
      if (mine && mine->desired < desired) {
        if (!in || mine->desired > in->desired) in = mine;
        mine.reset();
      }
    } else {
      const auto value = value_of(policy.metric, metrics);
      if (!value) {
        record.samples.clear();  // insufficient data
      } else {
        const double load = *value * static_cast<double>(metrics.warm);
        record.samples.push_back(
            {*value, ceil_of(load / policy.target), ceil_of(load / (policy.target * kLowShare))});
        if (record.samples.size() > static_cast<size_t>(times_.in_periods)) {
          record.samples.pop_front();
        }
      }
      mine = track(policy, record, desired);
      const auto needed = track_in(policy, record);
      if (!needed || std::max(*needed, min) >= desired) {
        all_agree = false;
      } else if (!in || *needed > in->desired) {
        in = ScalingDecision{*needed, policy.name,
                             number(record.samples.back().value) + unit_of(policy.metric) +
                                 ", target " + number(policy.target)};
      }
    }
    if (mine && (!out || mine->desired > out->desired)) out = mine;
  }
  std::optional<ScalingDecision> chosen = out;
  if (!chosen && all_agree) chosen = in;
  if (!chosen) return std::nullopt;
  chosen->desired = std::clamp(chosen->desired, min, max);
  if (chosen->desired == desired) return std::nullopt;
  // Past samples do not describe the new capacity.
  for (auto& [name, record] : records_) record.samples.clear();
  return chosen;
}

}  // namespace multiaz::orchestrator
