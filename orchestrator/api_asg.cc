// Routes of the Auto Scaling group.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "orchestrator/api.h"
#include "orchestrator/control/cron.h"

namespace multiaz::orchestrator {

namespace {

using Json = nlohmann::ordered_json;

http::Response done(const Status& status) {
  return status ? http::json_response(200, "{\"ok\":true}\n") : api_error(status.error());
}

// An integer of the body, if it is there.
Result<std::optional<int64_t>> integer_of(const nlohmann::json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end() || found->is_null()) return std::optional<int64_t>();
  if (!found->is_number_integer()) {
    return Error(Code::kInvalid, std::string("\"") + key + "\" is an integer");
  }
  return std::optional<int64_t>(found->get<int64_t>());
}

Result<bool> flag_of(const nlohmann::json& body, const char* key, bool fallback) {
  const auto found = body.find(key);
  if (found == body.end() || found->is_null()) return fallback;
  if (!found->is_boolean()) {
    return Error(Code::kInvalid, std::string("\"") + key + "\" is true or false");
  }
  return found->get<bool>();
}

// The keys of the body are all known; kInvalid names the first that is not.
Status only(const nlohmann::json& body, std::initializer_list<std::string_view> keys) {
  for (const auto& [key, value] : body.items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    std::string known;
    for (const std::string_view one : keys) known += " " + std::string(one);
    return Error(Code::kInvalid, "unknown key \"" + key + "\"; it takes" + known);
  }
  return Status();
}

Result<AutoScaling::Bounds> bounds_of(const nlohmann::json& body) {
  AutoScaling::Bounds out;
  const auto min = integer_of(body, "min");
  if (!min) return min.error();
  const auto desired = integer_of(body, "desired");
  if (!desired) return desired.error();
  const auto max = integer_of(body, "max");
  if (!max) return max.error();
  out.min = *min;
  out.desired = *desired;
  out.max = *max;
  return out;
}

Json describe(const Api& api) {
  const AutoScaling& scaling = api.autoscaling;
  const PlannedAsg& group = scaling.planned();
  Json out = Json::parse(asg_to_json(scaling.state()));
  out["name"] = group.tier;
  out["min"] = group.min;
  out["desired"] = group.desired;
  out["max"] = group.max;
  out["warmup_ms"] = group.warmup_ms;
  out["grace_ms"] = group.grace_ms;
  out["deregistration_ms"] = group.deregistration_ms;
  const ScalingMetrics& metrics = scaling.metrics();
  out["metrics"]["cpu_percent"] = metrics.cpu_percent ? Json(*metrics.cpu_percent) : Json();
  out["metrics"]["requests_per_s"] =
      metrics.requests_per_s ? Json(*metrics.requests_per_s) : Json();
  out["metrics"]["warm"] = metrics.warm;
  out["metrics"]["warming"] = metrics.warming;
  if (scaling.state().refresh.number) out["refresh"]["percent"] = scaling.refresh_percent();
  out["instances"] = Json::array();
  for (const PlannedInstance& planned : api.cluster.plan().instances) {
    const Instance& one = api.cluster.instances().at(planned.id);
    if (!one.scaled.on) continue;
    Json item;
    item["id"] = one.id;
    item["zone"] = one.zone;
    item["lifecycle"] = scaling.lifecycle_of(one);
    item["health"] =
        one.scaled.unhealthy_since || one.silent || one.stopped ? "Unhealthy" : "Healthy";
    item["reason"] = one.scaled.unhealthy;
    item["version"] = one.scaled.version;
    item["protected"] = scaling.state().protected_.contains(one.id);
    out["instances"].push_back(std::move(item));
  }
  out["templates"] = Json::array();
  for (const LaunchTemplate& one : group.templates) {
    Json item;
    item["version"] = one.version;
    item["program"] = one.program;
    item["flags"] = one.flags;
    item["env"] = one.env;
    out["templates"].push_back(std::move(item));
  }
  out["activities"] = Json::array();
  for (const Activity& one : scaling.activities()) {
    Json item;
    item["wall"] = one.wall;
    item["description"] = one.description;
    item["cause"] = one.cause;
    out["activities"].push_back(std::move(item));
  }
  return out;
}

Result<AutoScaling::Deployment> deployment_of(const nlohmann::json& body, const std::string& bin) {
  AutoScaling::Deployment out;
  const Status known = only(body, {"target", "program", "flags", "env", "min_healthy_percent",
                                   "max_healthy_percent", "auto_rollback"});
  if (!known) return known.error();
  const auto program = text_of(body, "program", "");
  if (!program) return program.error();
  if (!program->empty()) {
    const bool path = program->starts_with('/');
    if (access((path ? *program : bin + "/" + *program).c_str(), X_OK) != 0) {
      return Error(Code::kInvalid, "no such program: " + *program);
    }
    out.program = *program;
  }
  for (const auto& one : body.value("flags", nlohmann::json::array())) {
    if (!one.is_string()) return Error(Code::kInvalid, "\"flags\" is a list of texts");
    out.flags.push_back(one.get<std::string>());
  }
  const nlohmann::json env = body.value("env", nlohmann::json::object());
  for (const auto& [name, value] : env.items()) {
    if (!value.is_string() && !value.is_null()) {
      return Error(Code::kInvalid, "\"env\": \"" + name + "\" is a text, or null to remove it");
    }
    out.env[name] = value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
  }
  const auto low = integer_of(body, "min_healthy_percent");
  if (!low) return low.error();
  const auto high = integer_of(body, "max_healthy_percent");
  if (!high) return high.error();
  const auto back = flag_of(body, "auto_rollback", true);
  if (!back) return back.error();
  out.min_healthy_percent = low->value_or(out.min_healthy_percent);
  out.max_healthy_percent = high->value_or(out.max_healthy_percent);
  out.auto_rollback = *back;
  return out;
}

// What a route does with the body once that is read.
using Act = Status (*)(Api& api, const nlohmann::json& body);

http::Response act(Api& api, const http::Request& request, Act what) {
  const auto body = body_of(request);
  if (!body) return api_error(body.error());
  try {
    return done(what(api, *body));
  } catch (const nlohmann::json::exception& error) {
    return api_error(Error(Code::kInvalid, error.what()));
  }
}

Status set_group(Api& api, const nlohmann::json& body) {
  const Status known = only(body, {"min", "desired", "max", "termination_policy"});
  if (!known) return known;
  const auto bounds = bounds_of(body);
  if (!bounds) return bounds.error();
  const auto policy = text_of(body, "termination_policy", "");
  if (!policy) return policy.error();
  if (!policy->empty()) {
    bool found = false;
    for (const TerminationPolicy one :
         {TerminationPolicy::kDefault, TerminationPolicy::kOldestInstance,
          TerminationPolicy::kNewestInstance}) {
      if (to_string(one) != *policy) continue;
      found = true;
      const Status set = api.autoscaling.set_termination(one);
      if (!set) return set;
    }
    if (!found) {
      return Error(Code::kInvalid,
                   "\"termination_policy\" is one of Default, OldestInstance, NewestInstance");
    }
  }
  return api.autoscaling.set_bounds(*bounds, "ordered");
}

Status set_policy(Api& api, const nlohmann::json& body) {
  if (body.contains("delete")) return api.autoscaling.delete_policy(body["delete"]);
  auto policy = policy_from_json(body.dump());
  return policy ? api.autoscaling.put_policy(std::move(*policy)) : policy.error();
}

Status set_schedule(Api& api, const nlohmann::json& body) {
  if (body.contains("delete")) return api.autoscaling.delete_schedule(body["delete"]);
  const Status known =
      only(body, {"name", "in_ms", "at_ms", "every_ms", "cron", "min", "desired", "max"});
  if (!known) return known;
  const auto bounds = bounds_of(body);
  if (!bounds) return bounds.error();
  ScheduledAction action;
  action.name = body.value("name", "");
  const auto now_ms = static_cast<int64_t>(wall_now_ms());
  action.at_ms = body.value("at_ms", now_ms + body.value("in_ms", int64_t{0}));
  action.every_ms = body.value("every_ms", uint64_t{0});
  action.cron = body.value("cron", "");
  if (!action.cron.empty()) {
    const auto cron = parse_cron(action.cron);
    if (!cron) return cron.error();
    const auto first = next_time(*cron, now_ms);
    if (!first) return Error(Code::kInvalid, "no day is named by '" + action.cron + "'");
    action.at_ms = *first;
  }
  action.min = bounds->min;
  action.desired = bounds->desired;
  action.max = bounds->max;
  return api.autoscaling.put_schedule(std::move(action));
}

Status set_hook(Api& api, const nlohmann::json& body) {
  if (body.contains("delete")) return api.autoscaling.delete_hook(body["delete"]);
  const Status known = only(body, {"name", "transition", "heartbeat_ms", "default_result"});
  if (!known) return known;
  LifecycleHook hook;
  hook.name = body.value("name", "");
  const std::string transition = body.value("transition", "launching");
  const std::string result = body.value("default_result", "ABANDON");
  if (transition != "launching" && transition != "terminating") {
    return Error(Code::kInvalid, "\"transition\" is launching or terminating");
  }
  if (result != "CONTINUE" && result != "ABANDON") {
    return Error(Code::kInvalid, "\"default_result\" is CONTINUE or ABANDON");
  }
  hook.launching = transition == "launching";
  hook.continue_by_default = result == "CONTINUE";
  hook.heartbeat_ms = body.value("heartbeat_ms", hook.heartbeat_ms);
  return api.autoscaling.put_hook(std::move(hook));
}

Status complete_lifecycle(Api& api, const nlohmann::json& body) {
  const Status known = only(body, {"id", "result"});
  if (!known) return known;
  const auto id = text_of(body, "id", nullptr);
  if (!id) return id.error();
  const std::string result = body.value("result", "CONTINUE");
  if (result != "CONTINUE" && result != "ABANDON") {
    return Error(Code::kInvalid, "\"result\" is CONTINUE or ABANDON");
  }
  return api.autoscaling.complete_hook(*id, result == "CONTINUE");
}

Status set_process(Api& api, const nlohmann::json& body) {
  const Status known = only(body, {"process", "suspended"});
  if (!known) return known;
  const auto process = text_of(body, "process", nullptr);
  if (!process) return process.error();
  const auto on = flag_of(body, "suspended", true);
  if (!on) return on.error();
  return api.autoscaling.suspend(*process, *on);
}

Status set_instance(Api& api, const nlohmann::json& body) {
  const Status known =
      only(body, {"id", "protected", "standby", "terminate", "decrement", "healthy"});
  if (!known) return known;
  const auto id = text_of(body, "id", nullptr);
  if (!id) return id.error();
  const auto decrement = flag_of(body, "decrement", false);
  if (!decrement) return decrement.error();
  Status status = Error(Code::kInvalid, "one of protected, standby, terminate, healthy is needed");
  if (body.contains("protected")) status = api.autoscaling.protect(*id, body["protected"]);
  if (body.contains("healthy")) status = api.autoscaling.set_health(*id, body["healthy"]);
  if (body.contains("standby")) {
    status = api.autoscaling.set_standby(*id, body["standby"], *decrement);
  }
  if (body.value("terminate", false)) status = api.autoscaling.terminate(*id, *decrement);
  return status;
}

Status set_refresh(Api& api, const nlohmann::json& body) {
  const std::string what = body.value("action", "");
  if (what == "cancel") return api.autoscaling.cancel_refresh();
  if (what == "rollback") return api.autoscaling.roll_back();
  return Error(Code::kInvalid, "\"action\" is cancel or rollback");
}

}  // namespace

rt::Task<http::Response> get_asg(Api& api, http::Request) {
  co_return http::json_response(200, describe(api).dump() + "\n");
}

rt::Task<http::Response> post_asg(Api& api, http::Request request) {
  co_return act(api, request, set_group);
}
rt::Task<http::Response> post_asg_policy(Api& api, http::Request request) {
  co_return act(api, request, set_policy);
}
rt::Task<http::Response> post_asg_schedule(Api& api, http::Request request) {
  co_return act(api, request, set_schedule);
}
rt::Task<http::Response> post_asg_hook(Api& api, http::Request request) {
  co_return act(api, request, set_hook);
}
rt::Task<http::Response> post_asg_lifecycle(Api& api, http::Request request) {
  co_return act(api, request, complete_lifecycle);
}
rt::Task<http::Response> post_asg_process(Api& api, http::Request request) {
  co_return act(api, request, set_process);
}
rt::Task<http::Response> post_asg_instance(Api& api, http::Request request) {
  co_return act(api, request, set_instance);
}
rt::Task<http::Response> post_refresh(Api& api, http::Request request) {
  co_return act(api, request, set_refresh);
}

rt::Task<http::Response> post_deploy(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto deployment = deployment_of(*body, api.cluster.folders().bin);
  if (!deployment) co_return api_error(deployment.error());
  const auto version = api.autoscaling.deploy(*deployment);
  if (!version) co_return api_error(version.error());
  Json out;
  out["version"] = *version;
  out["refresh"] = api.autoscaling.state().refresh.number;
  co_return http::json_response(200, out.dump() + "\n");
}

}  // namespace multiaz::orchestrator
