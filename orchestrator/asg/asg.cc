#include "orchestrator/asg/asg.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"

namespace multiaz::orchestrator {

namespace {

using Json = nlohmann::ordered_json;
using In = jsonio::Fields<Json>;

Error within(const char* key, const Error& error) {
  return Error(error.code, std::string("\"") + key + "\": " + error.detail);
}

constexpr std::string_view kProcesses[] = {
    "Launch",      "Terminate",       "AddToLoadBalancer", "AlarmNotification", "AZRebalance",
    "HealthCheck", "InstanceRefresh", "ReplaceUnhealthy",  "ScheduledActions"};

// Returns the value of `all` that has that name; kInvalid names what is allowed.
template <typename T, size_t N>
Result<T> one_of(const T (&all)[N], const std::string& word, const char* key) {
  std::string allowed;
  for (const T one : all) {
    if (to_string(one) == word) return one;
    allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(one));
  }
  return Error(Code::kInvalid,
               std::string("\"") + key + "\" is one of " + allowed + ", not '" + word + "'");
}

constexpr ScalingMetric kMetrics[] = {ScalingMetric::kCpu, ScalingMetric::kRequests};
constexpr PolicyType kTypes[] = {PolicyType::kTargetTracking, PolicyType::kStep,
                                 PolicyType::kSimple};
constexpr AdjustmentType kAdjustments[] = {AdjustmentType::kChangeInCapacity,
                                           AdjustmentType::kExactCapacity,
                                           AdjustmentType::kPercentChangeInCapacity};
constexpr TerminationPolicy kTerminations[] = {TerminationPolicy::kDefault,
                                               TerminationPolicy::kOldestInstance,
                                               TerminationPolicy::kNewestInstance};
constexpr RefreshStatus kStatuses[] = {RefreshStatus::kNone,
                                       RefreshStatus::kInProgress,
                                       RefreshStatus::kSuccessful,
                                       RefreshStatus::kFailed,
                                       RefreshStatus::kCancelled,
                                       RefreshStatus::kRollbackInProgress,
                                       RefreshStatus::kRollbackSuccessful};

Json to_json(const ScalingPolicy& policy) {
  Json out;
  out["name"] = policy.name;
  out["type"] = to_string(policy.type);
  out["metric"] = to_string(policy.metric);
  out["target"] = policy.target;
  if (policy.type == PolicyType::kTargetTracking) {
    out["disable_scale_in"] = policy.disable_scale_in;
    return out;
  }
  out["below"] = policy.below;
  out["adjustment_type"] = to_string(policy.adjustment_type);
  out["min_adjustment"] = policy.min_adjustment;
  out["cooldown_ms"] = policy.cooldown_ms;
  out["steps"] = Json::array();
  for (const StepAdjustment& step : policy.steps) {
    Json item;  // an absent bound is infinite
    if (std::isfinite(step.lower)) item["lower"] = step.lower;
    if (std::isfinite(step.upper)) item["upper"] = step.upper;
    item["adjustment"] = step.adjustment;
    out["steps"].push_back(std::move(item));
  }
  return out;
}

Result<ScalingPolicy> policy_from(const Json& from) {
  ScalingPolicy out;
  std::string type_word = "target-tracking", metric_word = "cpu";
  std::string adjustment_word = "ChangeInCapacity";
  In in(from);
  in.may("name", out.name).may("type", type_word).may("metric", metric_word);
  in.may("adjustment_type", adjustment_word).may("target", out.target);
  in.may("disable_scale_in", out.disable_scale_in).may("below", out.below);
  in.may("min_adjustment", out.min_adjustment).may("cooldown_ms", out.cooldown_ms);
  for (const Json* item : in.may_items("steps")) {
    StepAdjustment step;
    In of_step(*item);
    of_step.may("lower", step.lower).may("upper", step.upper).may("adjustment", step.adjustment);
    if (!of_step.ok()) return within("steps", of_step.error());
    out.steps.push_back(step);
  }
  if (!in.ok()) return in.error();
  const auto type = one_of(kTypes, type_word, "type");
  if (!type) return type.error();
  const auto metric = one_of(kMetrics, metric_word, "metric");
  if (!metric) return metric.error();
  const auto adjustment = one_of(kAdjustments, adjustment_word, "adjustment_type");
  if (!adjustment) return adjustment.error();
  out.type = *type;
  out.metric = *metric;
  out.adjustment_type = *adjustment;
  const Status good = check_policy(out);
  if (!good) return good.error();
  return out;
}

Json to_json(const Refresh& refresh) {
  Json out;
  out["number"] = refresh.number;
  out["status"] = to_string(refresh.status);
  out["reason"] = refresh.reason;
  out["from"] = refresh.from;
  out["to"] = refresh.to;
  out["min_healthy_percent"] = refresh.min_healthy_percent;
  out["max_healthy_percent"] = refresh.max_healthy_percent;
  out["auto_rollback"] = refresh.auto_rollback;
  out["old_errors_percent"] = refresh.old_errors_percent;
  out["started"] = refresh.started;
  out["ended"] = refresh.ended;
  return out;
}

Result<Refresh> refresh_from(const Json& from) {
  Refresh out;
  std::string status_word;
  In in(from);
  in.need("status", status_word).need("number", out.number).need("reason", out.reason);
  in.need("from", out.from).need("to", out.to);
  in.need("min_healthy_percent", out.min_healthy_percent);
  in.need("max_healthy_percent", out.max_healthy_percent);
  in.need("auto_rollback", out.auto_rollback);
  in.may("old_errors_percent", out.old_errors_percent);
  in.need("started", out.started).need("ended", out.ended);
  if (!in.ok()) return in.error();
  const auto status = one_of(kStatuses, status_word, "status");
  if (!status) return status.error();
  out.status = *status;
  return out;
}

Json to_json(const LifecycleHook& hook) {
  Json out;
  out["name"] = hook.name;
  out["transition"] = hook.launching ? "launching" : "terminating";
  out["heartbeat_ms"] = hook.heartbeat_ms;
  out["default_result"] = hook.continue_by_default ? "CONTINUE" : "ABANDON";
  return out;
}

Result<LifecycleHook> hook_from(const Json& from) {
  LifecycleHook out;
  std::string transition, result;
  In in(from);
  in.need("name", out.name).need("transition", transition);
  in.need("heartbeat_ms", out.heartbeat_ms).need("default_result", result);
  if (!in.ok()) return in.error();
  out.launching = transition == "launching";
  out.continue_by_default = result == "CONTINUE";
  return out;
}

Json to_json(const ScheduledAction& action) {
  Json out;
  out["name"] = action.name;
  out["at_ms"] = action.at_ms;
  out["every_ms"] = action.every_ms;
  out["cron"] = action.cron;
  if (action.min) out["min"] = *action.min;
  if (action.desired) out["desired"] = *action.desired;
  if (action.max) out["max"] = *action.max;
  return out;
}

Result<ScheduledAction> scheduled_from(const Json& from) {
  ScheduledAction out;
  In in(from);
  in.need("name", out.name).need("at_ms", out.at_ms).need("every_ms", out.every_ms);
  in.may("cron", out.cron).may("min", out.min).may("desired", out.desired).may("max", out.max);
  if (!in.ok()) return in.error();
  return out;
}

template <typename T>
Json list_of(const std::vector<T>& all) {
  Json out = Json::array();
  for (const T& one : all) out.push_back(to_json(one));
  return out;
}

// Reads each item of the array under the key by `read`.
template <typename T>
Status read_items(In& in, const char* key, Result<T> (*read)(const Json&), std::vector<T>& into) {
  for (const Json* item : in.need_items(key)) {
    auto one = read(*item);
    if (!one) return within(key, one.error());
    into.push_back(std::move(*one));
  }
  return in.status();
}

Result<AsgState> state_from(const Json& from) {
  AsgState out;
  std::string termination_word;
  In in(from);
  Status read = read_items(in, "policies", policy_from, out.policies);
  if (read) read = read_items(in, "scheduled", scheduled_from, out.scheduled);
  if (read) read = read_items(in, "hooks", hook_from, out.hooks);
  if (!read) return read.error();
  in.need("suspended", out.suspended).need("protected", out.protected_);
  in.may("standby", out.standby).need("termination_policy", termination_word);
  in.need("version", out.version);
  const Json* refreshed = in.need_value("refresh");
  if (!in.ok()) return in.error();
  const auto termination = one_of(kTerminations, termination_word, "termination_policy");
  if (!termination) return termination.error();
  out.termination = *termination;
  auto refresh = refresh_from(*refreshed);
  if (!refresh) return within("refresh", refresh.error());
  out.refresh = std::move(*refresh);
  return out;
}

}  // namespace

std::span<const std::string_view> asg_processes() {
  return kProcesses;
}

AsgState first_asg_state(const PlannedAsg& planned) {
  AsgState out;
  const auto track = [&](ScalingMetric metric, int64_t target) {
    if (target == 0) return;
    ScalingPolicy policy;
    policy.name = std::string(to_string(metric)) + "-target";
    policy.metric = metric;
    policy.target = static_cast<double>(target);
    out.policies.push_back(std::move(policy));
  };
  track(ScalingMetric::kCpu, planned.target_cpu_percent);
  track(ScalingMetric::kRequests, planned.target_requests_per_s);
  return out;
}

nlohmann::ordered_json asg_json(const AsgState& state) {
  Json out;
  out["policies"] = list_of(state.policies);
  out["scheduled"] = list_of(state.scheduled);
  out["hooks"] = list_of(state.hooks);
  out["suspended"] = state.suspended;
  out["protected"] = state.protected_;
  out["standby"] = state.standby;
  out["termination_policy"] = to_string(state.termination);
  out["version"] = state.version;
  out["refresh"] = to_json(state.refresh);
  return out;
}

std::string asg_to_json(const AsgState& state) {
  return jsonio::dump(asg_json(state));
}

Result<AsgState> asg_from_json(const std::string& text) {
  const auto parsed = jsonio::parse<Json>(text);
  auto state = parsed ? state_from(*parsed) : Result<AsgState>(parsed.error());
  if (state) return state;
  return Error(Code::kCorrupt, "auto scaling group: " + state.error().detail);
}

Result<ScalingPolicy> read_policy(const nlohmann::ordered_json& from) {
  auto policy = policy_from(from);
  if (policy) return policy;
  return Error(policy.error().code, "scaling policy: " + policy.error().detail);
}

Result<ScalingPolicy> policy_from_json(const std::string& text) {
  const auto parsed = jsonio::parse<Json>(text);
  if (parsed) return read_policy(*parsed);
  return Error(parsed.error().code, "scaling policy: " + parsed.error().detail);
}

Status check_capacity(int64_t min, int64_t desired, int64_t max, int64_t fits) {
  const auto say = [](const std::string& text) { return Error(Code::kInvalid, text); };
  if (min < 0) return say("the minimum is 0 or more");
  if (max > fits) {
    return say("at most " + std::to_string(fits) + " instances have an address: max " +
               std::to_string(max) + " is too many");
  }
  if (min > max) {
    return say("Max bound, " + std::to_string(max) +
               ", must be greater than or equal to min bound, " + std::to_string(min));
  }
  if (desired < min) {
    return say("New SetDesiredCapacity value " + std::to_string(desired) + " is below min value " +
               std::to_string(min) + " for the AutoScalingGroup.");
  }
  if (desired > max) {
    return say("New SetDesiredCapacity value " + std::to_string(desired) + " is above max value " +
               std::to_string(max) + " for the AutoScalingGroup.");
  }
  return Status();
}

}  // namespace multiaz::orchestrator
