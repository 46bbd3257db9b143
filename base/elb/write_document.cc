#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/jsonio.h"
#include "base/elb/field_names.h"
#include "base/elb/numbers.h"
#include "base/elb/read_document.h"

namespace multiaz::elb {

namespace {

using Json = nlohmann::ordered_json;

std::string ip_text(uint32_t ip) {
  return std::to_string(ip >> 24) + "." + std::to_string(ip >> 16 & 255) + "." +
         std::to_string(ip >> 8 & 255) + "." + std::to_string(ip & 255);
}

// Keys that are built in one value only stand in no document.
template <typename T>
Json attributes_json(const T& attributes) {
  Json out = Json::array();
  for (const AttributeRow& row : attribute_rows(attributes)) {
    if (row.value.empty() || !row.only.empty()) continue;
    out.push_back({{"Key", row.key}, {"Value", row.value}});
  }
  return out;
}

std::string matcher_text(const std::vector<CodeRange>& ranges) {
  std::string out;
  for (const CodeRange& one : ranges) {
    out += (out.empty() ? "" : ",") + std::to_string(one.low);
    if (one.high != one.low) out += "-" + std::to_string(one.high);
  }
  return out;
}

Json group_json(const TargetGroup& group) {
  Json out;
  out["Name"] = group.name;
  out["TargetType"] = group.instances ? "instance" : "ip";
  out["Protocol"] = "HTTP";
  if (group.port != 0) out["Port"] = group.port;
  if (!group.instances) {
    out["Targets"] = Json::array();
    for (const TargetAddress& one : group.targets) {
      out["Targets"].push_back(ip_text(one.ip) + ":" + std::to_string(one.port));
    }
  }
  const HealthCheck& health = group.health;
  out["HealthCheckProtocol"] = "HTTP";
  out["HealthCheckPort"] = health.port == 0 ? "traffic-port" : std::to_string(health.port);
  out["HealthCheckPath"] = health.path;
  out["HealthCheckIntervalSeconds"] = seconds_text(health.interval_ms);
  out["HealthCheckTimeoutSeconds"] = seconds_text(health.timeout_ms);
  out["HealthyThresholdCount"] = health.healthy_threshold;
  out["UnhealthyThresholdCount"] = health.unhealthy_threshold;
  out["Matcher"]["HttpCode"] = matcher_text(health.matcher);
  out["Attributes"] = attributes_json(group.attributes);
  return out;
}

Json forward_json(const Forward& action) {
  Json out;
  out["Type"] = "forward";
  Json& config = out["ForwardConfig"];
  config["TargetGroups"] = Json::array();
  for (const WeightedGroup& one : action.groups) {
    config["TargetGroups"].push_back({{"TargetGroupName", one.name}, {"Weight", one.weight}});
  }
  if (action.stickiness_ms != 0) {
    Json& sticky = config["TargetGroupStickinessConfig"];
    sticky["Enabled"] = true;
    sticky["DurationSeconds"] = seconds_text(action.stickiness_ms);
  }
  return out;
}

Json redirect_json(const Redirect& action) {
  Json out;
  out["Type"] = "redirect";
  Json& config = out["RedirectConfig"];
  config["StatusCode"] = "HTTP_" + std::to_string(action.status);
  config["Protocol"] = action.protocol;
  config["Host"] = action.host;
  config["Port"] = action.port;
  config["Path"] = action.path;
  config["Query"] = action.query;
  return out;
}

Json fixed_json(const FixedResponse& action) {
  Json out;
  out["Type"] = "fixed-response";
  Json& config = out["FixedResponseConfig"];
  config["StatusCode"] = std::to_string(action.status);
  config["ContentType"] = action.content_type;
  config["MessageBody"] = action.body;
  return out;
}

Json actions_json(const Action& action) {
  Json out = Json::array();
  if (const auto* forward = std::get_if<Forward>(&action)) out.push_back(forward_json(*forward));
  if (const auto* to = std::get_if<Redirect>(&action)) out.push_back(redirect_json(*to));
  if (const auto* fixed = std::get_if<FixedResponse>(&action)) out.push_back(fixed_json(*fixed));
  return out;
}

Json condition_json(const Condition& condition) {
  const auto names = std::ranges::find(kFieldNames, condition.field, &FieldName::field);
  CHECK(names != std::end(kFieldNames));
  Json out;
  out["Field"] = std::string(names->name);
  Json& inner = out[std::string(names->config)];
  if (condition.field == Field::kHttpHeader) inner["HttpHeaderName"] = condition.header;
  inner["Values"] = Json::array();
  for (const std::string& value : condition.values) inner["Values"].push_back(value);
  for (const QueryPattern& pair : condition.query) {
    Json one;
    if (!pair.key.empty()) one["Key"] = pair.key;
    one["Value"] = pair.value;
    inner["Values"].push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::string write_document(const Document& document) {
  Json out;
  out["Attributes"] = attributes_json(document.attributes);
  out["TargetGroups"] = Json::array();
  for (const TargetGroup& group : document.groups) out["TargetGroups"].push_back(group_json(group));
  out["Listeners"] = Json::array();
  for (const Listener& listener : document.listeners) {
    Json one;
    if (listener.port != 0) one["Port"] = listener.port;
    one["Protocol"] = "HTTP";
    one["DefaultActions"] = actions_json(listener.action);
    out["Listeners"].push_back(std::move(one));
  }
  out["Rules"] = Json::array();
  for (const Rule& rule : document.rules) {
    Json one;
    one["Priority"] = rule.priority;
    if (rule.listener_port != 0) one["ListenerPort"] = rule.listener_port;
    one["Conditions"] = Json::array();
    for (const Condition& each : rule.conditions) one["Conditions"].push_back(condition_json(each));
    one["Actions"] = actions_json(rule.action);
    out["Rules"].push_back(std::move(one));
  }
  return jsonio::dump(out);
}

}  // namespace multiaz::elb
