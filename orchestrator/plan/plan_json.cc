// The plan as JSON, written and read. Keys have the order of plan.h, because plans are compared as
// text.
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/plan/plan_check.h"

namespace multiaz::orchestrator {

namespace {

using Json = nlohmann::ordered_json;
using In = jsonio::Fields<Json>;

Json to_json(const PlannedEndpoint& endpoint) {
  Json out;
  out["name"] = endpoint.name;
  out["address"] = endpoint.address;
  out["port"] = endpoint.port;
  out["optional"] = endpoint.optional;
  return out;
}

Json to_json(const PlannedInstance& one) {
  Json out;
  out["id"] = one.id;
  out["tier"] = one.tier;
  out["zone"] = one.zone;
  out["address"] = one.address;
  out["port"] = one.port;
  out["program"] = one.program;
  if (one.foreign) {
    out["foreign"] = true;
    out["cwd"] = one.cwd;
  }
  out["flags"] = one.flags;
  out["listen"] = one.listen;
  out["secrets"] = one.secrets;
  out["env"] = one.env;
  out["keeps_data"] = one.keeps_data;
  out["version"] = one.version;
  return out;
}

Json to_json(const PlannedAsg& group) {
  Json out;
  out["tier"] = group.tier;
  out["port"] = group.port;
  out["min"] = group.min;
  out["desired"] = group.desired;
  out["max"] = group.max;
  out["target_cpu_percent"] = group.target_cpu_percent;
  out["target_requests_per_s"] = group.target_requests_per_s;
  out["warmup_ms"] = group.warmup_ms;
  out["grace_ms"] = group.grace_ms;
  out["deregistration_ms"] = group.deregistration_ms;
  out["replace_unhealthy_after_ms"] = group.replace_unhealthy_after_ms;
  out["templates"] = Json::array();
  for (const LaunchTemplate& one : group.templates) {
    Json item;
    item["version"] = one.version;
    item["program"] = one.program;
    if (one.foreign) {
      item["foreign"] = true;
      item["cwd"] = one.cwd;
    }
    item["flags"] = one.flags;
    item["secrets"] = one.secrets;
    item["env"] = one.env;
    out["templates"].push_back(std::move(item));
  }
  return out;
}

Json to_json(const PlannedGroup& group) {
  Json out;
  out["name"] = group.name;
  out["durability"] = group.durability;
  if (!group.snapshot.empty()) out["snapshot"] = group.snapshot;
  out["members"] = Json::array();
  for (const GroupMember& member : group.members) {
    Json item;
    item["id"] = member.id;
    item["zone"] = member.zone;
    item["candidate"] = member.candidate;
    out["members"].push_back(std::move(item));
  }
  return out;
}

Json document_json(const std::string& text) {
  auto parsed = jsonio::parse<Json>(text);
  return parsed ? std::move(*parsed) : Json();
}

Result<PlannedEndpoint> endpoint_from(const Json& from) {
  PlannedEndpoint out;
  In in(from);
  in.need("name", out.name).need("address", out.address).need("port", out.port);
  in.need("optional", out.optional);
  if (!in.ok()) return in.error();
  return out;
}

Result<PlannedInstance> instance_from(const Json& from) {
  PlannedInstance out;
  In in(from);
  in.need("id", out.id).need("tier", out.tier).need("zone", out.zone);
  in.need("address", out.address).need("port", out.port).need("program", out.program);
  in.may("foreign", out.foreign).may("cwd", out.cwd);
  in.need("flags", out.flags).need("listen", out.listen).need("secrets", out.secrets);
  in.need("env", out.env).need("keeps_data", out.keeps_data).need("version", out.version);
  if (!in.ok()) return in.error();
  return out;
}

Result<LaunchTemplate> template_from(const Json& from) {
  LaunchTemplate out;
  In in(from);
  in.need("version", out.version).need("program", out.program);
  in.may("foreign", out.foreign).may("cwd", out.cwd);
  in.need("flags", out.flags).need("secrets", out.secrets).need("env", out.env);
  if (!in.ok()) return in.error();
  return out;
}

Result<GroupMember> member_from(const Json& from) {
  GroupMember out;
  In in(from);
  in.need("id", out.id).need("zone", out.zone).need("candidate", out.candidate);
  if (!in.ok()) return in.error();
  return out;
}

// Reads each item of the array under the key by `read`; a mistake becomes the error of `in`.
template <typename T>
void read_items(In& in, const char* key, Result<T> (*read)(const Json&), std::vector<T>& into) {
  size_t number = 0;
  for (const Json* item : in.need_items(key)) {
    auto one = read(*item);
    if (!one) {
      in.fail(Error(one.error().code,
                    std::string(key) + "[" + std::to_string(number) + "]: " + one.error().detail));
      return;
    }
    into.push_back(std::move(*one));
    ++number;
  }
}

Result<PlannedAsg> asg_from(const Json& from) {
  PlannedAsg out;
  In in(from);
  in.need("tier", out.tier).need("port", out.port);
  in.need("min", out.min).need("desired", out.desired).need("max", out.max);
  in.need("target_cpu_percent", out.target_cpu_percent);
  in.need("target_requests_per_s", out.target_requests_per_s);
  in.need("warmup_ms", out.warmup_ms).need("grace_ms", out.grace_ms);
  in.need("deregistration_ms", out.deregistration_ms);
  in.need("replace_unhealthy_after_ms", out.replace_unhealthy_after_ms);
  read_items(in, "templates", template_from, out.templates);
  if (!in.ok()) return in.error();
  return out;
}

Result<PlannedGroup> group_from(const Json& from) {
  PlannedGroup out;
  In in(from);
  in.need("name", out.name).need("durability", out.durability).may("snapshot", out.snapshot);
  read_items(in, "members", member_from, out.members);
  if (!in.ok()) return in.error();
  return out;
}

Status read_limits(const Json& from, Plan& plan) {
  const auto limits = jsonio::object(from, "limits");
  if (!limits) return limits.error();
  for (auto one = (*limits)->begin(); one != (*limits)->end(); ++one) {
    auto& limit = plan.limits[one.key()];
    In in(*one);
    in.need("cpu_percent", limit.cpu_percent).need("memory_mb", limit.memory_mb);
    if (!in.ok()) return Error(in.error().code, "limits: " + in.error().detail);
  }
  return Status();
}

Result<Plan> plan_from(const Json& from) {
  Plan plan;
  In in(from);
  in.need("name", plan.name).need("octet", plan.octet).need("profile", plan.profile);
  in.need("bug", plan.bug).need("zones", plan.zones).need("silence_ms", plan.silence_ms);
  in.need("replace_hung_after_ms", plan.replace_hung_after_ms);
  in.need("autoshift", plan.autoshift).need("zone_latency_ms", plan.zone_latency_ms);
  in.need("zone_jitter_ms", plan.zone_jitter_ms);
  // A plan of an older version has neither, and its load balancers do without.
  if (const Json* base = jsonio::find(from, "balancer_base")) {
    plan.balancer_base = jsonio::dump(*base);
  }
  const Json* balancer = jsonio::find(from, "balancer");
  plan.balancer = balancer ? jsonio::dump(*balancer) : plan.balancer_base;
  read_items(in, "endpoints", endpoint_from, plan.endpoints);
  read_items(in, "groups", group_from, plan.groups);
  read_items(in, "instances", instance_from, plan.instances);
  const Json* scaled = in.need_value("asg");
  if (!in.ok()) return in.error();
  const Status limits = read_limits(from, plan);
  if (!limits) return limits.error();
  auto asg = asg_from(*scaled);
  if (!asg) return Error(asg.error().code, "asg: " + asg.error().detail);
  plan.asg = std::move(*asg);
  return plan;
}

}  // namespace

std::string plan_to_json(const Plan& plan) {
  Json out;
  out["name"] = plan.name;
  out["octet"] = plan.octet;
  out["profile"] = plan.profile;
  out["bug"] = plan.bug;
  out["zones"] = plan.zones;
  out["silence_ms"] = plan.silence_ms;
  out["replace_hung_after_ms"] = plan.replace_hung_after_ms;
  out["autoshift"] = plan.autoshift;
  out["zone_latency_ms"] = plan.zone_latency_ms;
  out["zone_jitter_ms"] = plan.zone_jitter_ms;
  for (const auto& [tier, limits] : plan.limits) {
    out["limits"][tier]["cpu_percent"] = limits.cpu_percent;
    out["limits"][tier]["memory_mb"] = limits.memory_mb;
  }
  out["endpoints"] = Json::array();
  for (const PlannedEndpoint& one : plan.endpoints) out["endpoints"].push_back(to_json(one));
  out["groups"] = Json::array();
  for (const PlannedGroup& one : plan.groups) out["groups"].push_back(to_json(one));
  out["asg"] = to_json(plan.asg);
  out["balancer_base"] = document_json(plan.balancer_base);
  if (plan.balancer != plan.balancer_base) out["balancer"] = document_json(plan.balancer);
  out["instances"] = Json::array();
  for (const PlannedInstance& one : plan.instances) out["instances"].push_back(to_json(one));
  return jsonio::dump(out, 2) + "\n";
}

Result<Plan> plan_from_json(const std::string& text) {
  const auto parsed = jsonio::parse<Json>(text);
  auto plan = parsed ? plan_from(*parsed) : Result<Plan>(parsed.error());
  const Status whole = plan ? check_plan(*plan) : Status(plan.error());
  if (whole) return plan;
  return Error(Code::kCorrupt, "plan: " + whole.error().detail);
}

}  // namespace multiaz::orchestrator
