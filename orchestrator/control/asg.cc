#include "orchestrator/control/asg.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace multiaz::orchestrator {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kProcesses[] = {
    "Launch",      "Terminate",       "AddToLoadBalancer", "AlarmNotification", "AZRebalance",
    "HealthCheck", "InstanceRefresh", "ReplaceUnhealthy",  "ScheduledActions"};

// The member of `all` with that name; kInvalid names what is allowed.
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
    Json item;  // a bound that is absent is infinite
    if (std::isfinite(step.lower)) item["lower"] = step.lower;
    if (std::isfinite(step.upper)) item["upper"] = step.upper;
    item["adjustment"] = step.adjustment;
    out["steps"].push_back(std::move(item));
  }
  return out;
}

Result<ScalingPolicy> policy_from(const Json& from) {
  ScalingPolicy out;
  out.name = from.value("name", "");
  const auto type = one_of(kTypes, from.value("type", "target-tracking"), "type");
  if (!type) return type.error();
  const auto metric = one_of(kMetrics, from.value("metric", "cpu"), "metric");
  if (!metric) return metric.error();
  const auto adjustment =
      one_of(kAdjustments, from.value("adjustment_type", "ChangeInCapacity"), "adjustment_type");
  if (!adjustment) return adjustment.error();
  out.type = *type;
  out.metric = *metric;
  out.adjustment_type = *adjustment;
  out.target = from.value("target", 0.0);
  out.disable_scale_in = from.value("disable_scale_in", false);
  out.below = from.value("below", false);
  out.min_adjustment = from.value("min_adjustment", int64_t{0});
  out.cooldown_ms = from.value("cooldown_ms", uint64_t{0});
  for (const Json& item : from.value("steps", Json::array())) {
    StepAdjustment step;
    step.lower = item.value("lower", step.lower);
    step.upper = item.value("upper", step.upper);
    step.adjustment = item.value("adjustment", 0.0);
    out.steps.push_back(step);
  }
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
  out["started"] = refresh.started;
  out["ended"] = refresh.ended;
  return out;
}

Result<Refresh> refresh_from(const Json& from) {
  Refresh out;
  const auto status = one_of(kStatuses, from.at("status").get<std::string>(), "status");
  if (!status) return status.error();
  out.status = *status;
  from.at("number").get_to(out.number);
  from.at("reason").get_to(out.reason);
  from.at("from").get_to(out.from);
  from.at("to").get_to(out.to);
  from.at("min_healthy_percent").get_to(out.min_healthy_percent);
  from.at("max_healthy_percent").get_to(out.max_healthy_percent);
  from.at("auto_rollback").get_to(out.auto_rollback);
  from.at("started").get_to(out.started);
  from.at("ended").get_to(out.ended);
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

LifecycleHook hook_from(const Json& from) {
  LifecycleHook out;
  from.at("name").get_to(out.name);
  out.launching = from.at("transition") == "launching";
  from.at("heartbeat_ms").get_to(out.heartbeat_ms);
  out.continue_by_default = from.at("default_result") == "CONTINUE";
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

ScheduledAction scheduled_from(const Json& from) {
  ScheduledAction out;
  from.at("name").get_to(out.name);
  from.at("at_ms").get_to(out.at_ms);
  from.at("every_ms").get_to(out.every_ms);
  out.cron = from.value("cron", "");
  if (from.contains("min")) out.min = from["min"].get<int64_t>();
  if (from.contains("desired")) out.desired = from["desired"].get<int64_t>();
  if (from.contains("max")) out.max = from["max"].get<int64_t>();
  return out;
}

template <typename T>
Json list_of(const std::vector<T>& all) {
  Json out = Json::array();
  for (const T& one : all) out.push_back(to_json(one));
  return out;
}

Result<AsgState> state_from(const Json& from) {
  AsgState out;
  for (const Json& item : from.at("policies")) {
    auto policy = policy_from(item);
    if (!policy) return policy.error();
    out.policies.push_back(std::move(*policy));
  }
  for (const Json& item : from.at("scheduled")) out.scheduled.push_back(scheduled_from(item));
  for (const Json& item : from.at("hooks")) out.hooks.push_back(hook_from(item));
  from.at("suspended").get_to(out.suspended);
  from.at("protected").get_to(out.protected_);
  if (from.contains("standby")) from["standby"].get_to(out.standby);
  const auto termination =
      one_of(kTerminations, from.at("termination_policy").get<std::string>(), "termination_policy");
  if (!termination) return termination.error();
  out.termination = *termination;
  from.at("version").get_to(out.version);
  auto refresh = refresh_from(from.at("refresh"));
  if (!refresh) return refresh.error();
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

std::string asg_to_json(const AsgState& state) {
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
  return out.dump();
}

Result<AsgState> asg_from_json(const std::string& text) {
  try {
    return state_from(Json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    return Error(Code::kCorrupt, std::string("auto scaling group: ") + error.what());
  }
}

Result<ScalingPolicy> policy_from_json(const std::string& text) {
  try {
    return policy_from(Json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    return Error(Code::kInvalid, std::string("scaling policy: ") + error.what());
  }
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
