// Routes of the Auto Scaling group.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "orchestrator/api/api.h"
#include "orchestrator/api/api_guard.h"
#include "orchestrator/asg/cron.h"

namespace multiaz::orchestrator {

namespace {

using Json = nlohmann::ordered_json;
using In = jsonio::Fields<nlohmann::json>;

constexpr int64_t kWallMsMax = int64_t{253'402'300'799} * 1000;  // the end of the year 9999

http::Response done(const Status& status) {
  return status ? http::json_response(200, "{\"ok\":true}\n") : api_error(status.error());
}

// Checks that all keys of the body are known; kInvalid names the first that is not.
Status only(const nlohmann::json& body, std::initializer_list<std::string_view> keys) {
  for (const auto& [key, value] : body.items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    std::string known;
    for (const std::string_view one : keys) known += " " + std::string(one);
    return Error(Code::kInvalid, "unknown key \"" + key + "\"; it takes" + known);
  }
  return Status();
}

template <typename Act>
Status order(Api& api, Act act) {
  return api.cluster.order([&](ControlPlane& plane) -> Status { return act(plane.asg); });
}

void read_bounds(In& in, Bounds& into) {
  in.may("min", into.min).may("desired", into.desired).may("max", into.max);
}

// {"delete":"name"}
bool deletes(const nlohmann::json& body) {
  return body.contains("delete");
}

Result<std::string> deleted(const nlohmann::json& body) {
  const Status known = only(body, {"delete"});
  if (!known) return known.error();
  return text_of(body, "delete", nullptr);
}

Json describe(const Api& api) {
  const ControlPlane& plane = api.cluster.plane();
  const AsgState& settings = plane.group.settings;
  const PlannedAsg& group = plane.group.planned();
  Json out = asg_json(settings);
  out["name"] = group.tier;
  out["min"] = group.min;
  out["desired"] = group.desired;
  out["max"] = group.max;
  out["warmup_ms"] = group.warmup_ms;
  out["grace_ms"] = group.grace_ms;
  out["deregistration_ms"] = group.deregistration_ms;
  const ScalingMetrics& metrics = plane.autoscaling.metrics();
  out["metrics"]["cpu_percent"] = metrics.cpu_percent ? Json(*metrics.cpu_percent) : Json();
  out["metrics"]["requests_per_s"] =
      metrics.requests_per_s ? Json(*metrics.requests_per_s) : Json();
  out["metrics"]["warm"] = metrics.warm;
  out["metrics"]["warming"] = metrics.warming;
  if (settings.refresh.number) out["refresh"]["percent"] = plane.refreshes.percent();
  out["instances"] = Json::array();
  for (const PlannedInstance& planned : api.cluster.plan().instances) {
    const auto found = api.cluster.instances().find(planned.id);
    if (found == api.cluster.instances().end() || !found->second.scaled.on) continue;
    const Instance& one = found->second;
    Json item;
    item["id"] = one.id;
    item["zone"] = one.zone;
    item["lifecycle"] = plane.group.lifecycle_of(one);
    item["health"] =
        one.scaled.unhealthy_since || one.silent || one.stopped ? "Unhealthy" : "Healthy";
    item["reason"] = one.scaled.unhealthy;
    item["version"] = one.scaled.version;
    item["protected"] = settings.protected_.contains(one.id);
    out["instances"].push_back(std::move(item));
  }
  out["templates"] = Json::array();
  for (const LaunchTemplate& one : group.templates) {
    Json item;
    item["version"] = one.version;
    item["program"] = one.program;
    item["flags"] = one.flags;
    item["env"] = Json::object();
    for (const auto& [name, value] : one.env) item["env"][name] = kMasked;
    out["templates"].push_back(std::move(item));
  }
  out["activities"] = Json::array();
  for (const Activity& one : plane.group.activities()) {
    Json item;
    item["wall"] = one.wall;
    item["description"] = one.description;
    item["cause"] = one.cause;
    out["activities"].push_back(std::move(item));
  }
  return out;
}

// Checks that a text can be in the environment or the arguments of a process.
Status check_word(const std::string& word, const std::string& where) {
  return word.find('\0') == std::string::npos ? Status()
                                              : Error(Code::kInvalid, where + " holds a zero byte");
}

Status read_env(const nlohmann::json& env, const Secrets& secrets, Deployment& out) {
  for (const auto& [name, value] : env.items()) {
    const std::string where = "\"env\": \"" + name + "\"";
    if (name.empty() || name.find('=') != std::string::npos) {
      return Error(Code::kInvalid, where + " is no name: it has a letter and no '='");
    }
    if (!value.is_string() && !value.is_null()) {
      return Error(Code::kInvalid, where + " is a text, or null to remove it");
    }
    const std::string word = jsonio::text_or_empty(value);
    Status good = check_word(name, where);
    if (good) good = check_word(word, where);
    if (!good) return good;
    // The value may contain a secret, so an error names its place and not its text.
    if (!fill_in(secrets, word)) {
      return Error(Code::kInvalid, where + ": its ${...} is the name of no secret");
    }
    out.env[name] = value.is_null() ? std::nullopt : std::optional(word);
  }
  return Status();
}

Result<Deployment> deployment_of(const nlohmann::json& body, const Cluster& cluster) {
  Deployment out;
  const Status known = only(body, {"target", "program", "flags", "env", "min_healthy_percent",
                                   "max_healthy_percent", "auto_rollback"});
  if (!known) return known.error();
  std::string program, target;
  In in(body);
  in.may("target", target).may("program", program).may("flags", out.flags);
  in.may("min_healthy_percent", out.min_healthy_percent);
  in.may("max_healthy_percent", out.max_healthy_percent).may("auto_rollback", out.auto_rollback);
  const auto env = jsonio::object(body, "env");
  if (!env) in.fail(env.error());
  if (!in.ok()) return in.error();
  if (!program.empty()) {
    const std::string path =
        program.starts_with('/') ? program : cluster.folders().bin + "/" + program;
    const Status word = check_word(program, "\"program\"");
    if (!word) return word.error();
    if (access(path.c_str(), X_OK) != 0) {
      return Error(Code::kInvalid, "no such program: " + program);
    }
    out.program = program;
  }
  for (const std::string& flag : out.flags) {
    const Status word = check_word(flag, "\"flags\"");
    if (!word) return word.error();
  }
  const Status read = read_env(**env, cluster.secrets(), out);
  if (!read) return read.error();
  return out;
}

// The work of a route after its body was read.
using Act = Status (*)(Api& api, const nlohmann::json& body);

http::Response act(Api& api, const http::Request& request, Act what) {
  const auto body = body_of(request);
  return body ? done(what(api, *body)) : api_error(body.error());
}

constexpr TerminationPolicy kTerminations[] = {TerminationPolicy::kDefault,
                                               TerminationPolicy::kOldestInstance,
                                               TerminationPolicy::kNewestInstance};

Status set_group(Api& api, const nlohmann::json& body) {
  const Status known = only(body, {"min", "desired", "max", "termination_policy"});
  if (!known) return known;
  Bounds bounds;
  std::string policy;
  In in(body);
  read_bounds(in, bounds);
  in.may("termination_policy", policy);
  if (!in.ok()) return in.error();
  if (!policy.empty()) {
    const auto found = std::find_if(std::begin(kTerminations), std::end(kTerminations),
                                    [&](const auto one) { return to_string(one) == policy; });
    if (found == std::end(kTerminations)) {
      return Error(Code::kInvalid,
                   "\"termination_policy\" is one of Default, OldestInstance, NewestInstance");
    }
    const Status set = order(api, [&](AsgOrders& asg) { return asg.set_termination(*found); });
    if (!set) return set;
  }
  return api.cluster.order(
      [&](ControlPlane& plane) { return plane.group.set_bounds(bounds, "ordered"); });
}

Status set_policy(Api& api, const nlohmann::json& body) {
  if (deletes(body)) {
    const auto name = deleted(body);
    if (!name) return name.error();
    return order(api, [&](AsgOrders& asg) { return asg.delete_policy(*name); });
  }
  auto policy = read_policy(Json(body));
  if (!policy) return policy.error();
  return order(api, [&](AsgOrders& asg) { return asg.put_policy(std::move(*policy)); });
}

Result<int64_t> first_time(const std::string& text, int64_t now_ms) {
  const auto cron = parse_cron(text);
  if (!cron) return cron.error();
  const auto first = next_time(*cron, now_ms);
  if (first) return *first;
  return Error(Code::kInvalid, "no day is named by '" + text + "'");
}

Status set_schedule(Api& api, const nlohmann::json& body) {
  if (deletes(body)) {
    const auto name = deleted(body);
    if (!name) return name.error();
    return order(api, [&](AsgOrders& asg) { return asg.delete_schedule(*name); });
  }
  const Status known =
      only(body, {"name", "in_ms", "at_ms", "every_ms", "cron", "min", "desired", "max"});
  if (!known) return known;
  ScheduledAction action;
  Bounds bounds;
  In in(body);
  read_bounds(in, bounds);
  in.may("name", action.name).may("cron", action.cron);
  const auto in_ms = jsonio::integer(body, "in_ms", 0, kSpanMsMax, 0);
  if (!in_ms) in.fail(in_ms.error());
  const auto every_ms = jsonio::count(body, "every_ms", 0, kSpanMsMax);
  if (!every_ms) in.fail(every_ms.error());
  const auto now_ms = static_cast<int64_t>(wall_now_ms());
  const auto at_ms = jsonio::integer(body, "at_ms", 0, kWallMsMax, in_ms ? now_ms + *in_ms : 0);
  if (!at_ms) in.fail(at_ms.error());
  if (!in.ok()) return in.error();
  action.at_ms = *at_ms;
  action.every_ms = *every_ms;
  if (!action.cron.empty()) {
    const auto first = first_time(action.cron, now_ms);
    if (!first) return first.error();
    action.at_ms = *first;
  }
  action.min = bounds.min;
  action.desired = bounds.desired;
  action.max = bounds.max;
  return order(api, [&](AsgOrders& asg) { return asg.put_schedule(std::move(action)); });
}

Status set_hook(Api& api, const nlohmann::json& body) {
  if (deletes(body)) {
    const auto name = deleted(body);
    if (!name) return name.error();
    return order(api, [&](AsgOrders& asg) { return asg.delete_hook(*name); });
  }
  const Status known = only(body, {"name", "transition", "heartbeat_ms", "default_result"});
  if (!known) return known;
  LifecycleHook hook;
  std::string transition = "launching", result = "ABANDON";
  In in(body);
  in.may("name", hook.name).may("transition", transition).may("default_result", result);
  const auto heartbeat = jsonio::count(body, "heartbeat_ms", hook.heartbeat_ms, kSpanMsMax);
  if (!heartbeat) in.fail(heartbeat.error());
  if (!in.ok()) return in.error();
  if (transition != "launching" && transition != "terminating") {
    return Error(Code::kInvalid, "\"transition\" is launching or terminating");
  }
  if (result != "CONTINUE" && result != "ABANDON") {
    return Error(Code::kInvalid, "\"default_result\" is CONTINUE or ABANDON");
  }
  hook.launching = transition == "launching";
  hook.continue_by_default = result == "CONTINUE";
  hook.heartbeat_ms = *heartbeat;
  return order(api, [&](AsgOrders& asg) { return asg.put_hook(std::move(hook)); });
}

Status complete_lifecycle(Api& api, const nlohmann::json& body) {
  const Status known = only(body, {"id", "result"});
  if (!known) return known;
  std::string id, result = "CONTINUE";
  In in(body);
  in.need("id", id).may("result", result);
  if (!in.ok()) return in.error();
  if (result != "CONTINUE" && result != "ABANDON") {
    return Error(Code::kInvalid, "\"result\" is CONTINUE or ABANDON");
  }
  return order(api, [&](AsgOrders& asg) { return asg.complete_hook(id, result == "CONTINUE"); });
}

Status set_process(Api& api, const nlohmann::json& body) {
  const Status known = only(body, {"process", "suspended"});
  if (!known) return known;
  std::string process;
  bool on = true;
  In in(body);
  in.need("process", process).may("suspended", on);
  if (!in.ok()) return in.status();
  return order(api, [&](AsgOrders& asg) { return asg.suspend(process, on); });
}

Status set_instance(Api& api, const nlohmann::json& body) {
  const Status known =
      only(body, {"id", "protected", "standby", "terminate", "decrement", "healthy"});
  if (!known) return known;
  std::string id;
  bool decrement = false, protect = false, standby = false, terminate = false, healthy = false;
  In in(body);
  in.need("id", id).may("decrement", decrement).may("protected", protect);
  in.may("standby", standby).may("terminate", terminate).may("healthy", healthy);
  if (!in.ok()) return in.error();
  Status status = Error(Code::kInvalid, "one of protected, standby, terminate, healthy is needed");
  if (in.has("protected"))
    status = order(api, [&](AsgOrders& asg) { return asg.protect(id, protect); });
  if (in.has("healthy"))
    status = order(api, [&](AsgOrders& asg) { return asg.set_health(id, healthy); });
  if (in.has("standby"))
    status = order(api, [&](AsgOrders& asg) { return asg.set_standby(id, standby, decrement); });
  if (terminate) status = order(api, [&](AsgOrders& asg) { return asg.terminate(id, decrement); });
  return status;
}

Status set_refresh(Api& api, const nlohmann::json& body) {
  const auto what = text_of(body, "action", "");
  if (!what) return what.error();
  if (*what == "cancel")
    return api.cluster.order([&](ControlPlane& plane) { return plane.refreshes.cancel(); });
  if (*what == "rollback")
    return api.cluster.order([&](ControlPlane& plane) { return plane.refreshes.roll_back(); });
  return Error(Code::kInvalid, "\"action\" is cancel or rollback");
}

}  // namespace

rt::Task<http::Response> get_asg(Api& api, http::Request) {
  co_return api_json(describe(api));
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
  const auto deployment = deployment_of(*body, api.cluster);
  if (!deployment) co_return api_error(deployment.error());
  const auto version =
      api.cluster.order([&](ControlPlane& plane) { return plane.refreshes.deploy(*deployment); });
  if (!version) co_return api_error(version.error());
  Json out;
  out["version"] = *version;
  out["refresh"] = api.cluster.plane().group.settings.refresh.number;
  co_return api_json(out);
}

}  // namespace multiaz::orchestrator
