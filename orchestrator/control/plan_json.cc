// The plan as JSON, both ways. The order of keys is that of plan.h: a plan is compared as text.
#include <nlohmann/json.hpp>

#include "orchestrator/control/plan.h"

namespace multiaz::orchestrator {

namespace {

using Json = nlohmann::ordered_json;

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

template <typename T>
void read(const Json& from, const char* key, T& into) {
  into = from.at(key).get<T>();
}

PlannedEndpoint endpoint_from(const Json& from) {
  PlannedEndpoint out;
  read(from, "name", out.name);
  read(from, "address", out.address);
  read(from, "port", out.port);
  read(from, "optional", out.optional);
  return out;
}

PlannedInstance instance_from(const Json& from) {
  PlannedInstance out;
  read(from, "id", out.id);
  read(from, "tier", out.tier);
  read(from, "zone", out.zone);
  read(from, "address", out.address);
  read(from, "port", out.port);
  read(from, "program", out.program);
  out.foreign = from.value("foreign", false);
  out.cwd = from.value("cwd", "");
  read(from, "flags", out.flags);
  read(from, "listen", out.listen);
  read(from, "secrets", out.secrets);
  read(from, "env", out.env);
  read(from, "keeps_data", out.keeps_data);
  read(from, "version", out.version);
  return out;
}

PlannedAsg asg_from(const Json& from) {
  PlannedAsg out;
  read(from, "tier", out.tier);
  read(from, "port", out.port);
  read(from, "min", out.min);
  read(from, "desired", out.desired);
  read(from, "max", out.max);
  read(from, "target_cpu_percent", out.target_cpu_percent);
  read(from, "target_requests_per_s", out.target_requests_per_s);
  read(from, "warmup_ms", out.warmup_ms);
  read(from, "grace_ms", out.grace_ms);
  read(from, "deregistration_ms", out.deregistration_ms);
  read(from, "replace_unhealthy_after_ms", out.replace_unhealthy_after_ms);
  for (const Json& item : from.at("templates")) {
    LaunchTemplate one;
    read(item, "version", one.version);
    read(item, "program", one.program);
    one.foreign = item.value("foreign", false);
    one.cwd = item.value("cwd", "");
    read(item, "flags", one.flags);
    read(item, "secrets", one.secrets);
    read(item, "env", one.env);
    out.templates.push_back(std::move(one));
  }
  return out;
}

PlannedGroup group_from(const Json& from) {
  PlannedGroup out;
  read(from, "name", out.name);
  read(from, "durability", out.durability);
  if (from.contains("snapshot")) read(from, "snapshot", out.snapshot);
  for (const Json& item : from.at("members")) {
    GroupMember member;
    read(item, "id", member.id);
    read(item, "zone", member.zone);
    read(item, "candidate", member.candidate);
    out.members.push_back(std::move(member));
  }
  return out;
}

Plan plan_from(const Json& from) {
  Plan plan;
  read(from, "name", plan.name);
  read(from, "octet", plan.octet);
  read(from, "profile", plan.profile);
  read(from, "bug", plan.bug);
  read(from, "zones", plan.zones);
  read(from, "silence_ms", plan.silence_ms);
  read(from, "replace_hung_after_ms", plan.replace_hung_after_ms);
  read(from, "autoshift", plan.autoshift);
  read(from, "zone_latency_ms", plan.zone_latency_ms);
  read(from, "zone_jitter_ms", plan.zone_jitter_ms);
  const Json limits = from.value("limits", Json::object());
  for (auto one = limits.begin(); one != limits.end(); ++one) {
    read(*one, "cpu_percent", plan.limits[one.key()].cpu_percent);
    read(*one, "memory_mb", plan.limits[one.key()].memory_mb);
  }
  for (const Json& one : from.at("endpoints")) plan.endpoints.push_back(endpoint_from(one));
  for (const Json& one : from.at("groups")) plan.groups.push_back(group_from(one));
  plan.asg = asg_from(from.at("asg"));
  for (const Json& one : from.at("instances")) plan.instances.push_back(instance_from(one));
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
  out["instances"] = Json::array();
  for (const PlannedInstance& one : plan.instances) out["instances"].push_back(to_json(one));
  return out.dump(2) + "\n";
}

Result<Plan> plan_from_json(const std::string& text) {
  try {
    return plan_from(Json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    return Error(Code::kCorrupt, std::string("plan: ") + error.what());
  }
}

}  // namespace multiaz::orchestrator
