#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>

#include "base/core/jsonio.h"
#include "orchestrator/plan/config.h"

namespace multiaz::orchestrator {

namespace {

// Their keys are those of elbv2 (docs/load-balancer.md); `--check` names each mistake.
void add_balancer(nlohmann::ordered_json& properties) {
  const std::pair<const char*, const char*> lists[] = {
      {"target_group", "target groups of the load balancers"},
      {"listener", "their listeners, with default actions"},
      {"rule", "their rules: conditions and actions"}};
  for (const auto& [name, words] : lists) {
    properties[name]["description"] = words;
    properties[name]["type"] = "array";
    properties[name]["items"]["type"] = "object";
  }
  for (const char* section : {"lb", "web"}) {
    auto& attributes = properties[section]["properties"]["attributes"];
    attributes["description"] = section == std::string("lb")
                                    ? "attributes of the load balancer"
                                    : "attributes of the target group \"web\"";
    attributes["type"] = "object";
  }
}

}  // namespace

std::string config_schema_json() {
  nlohmann::ordered_json out;
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  out["title"] = "cluster.toml of multiaz";
  out["type"] = "object";
  out["additionalProperties"] = false;
  const Config defaults;
  for (const ConfigKey& key : config_keys()) {
    auto& section = out["properties"][std::string(key.section)];
    section["type"] = "object";
    section["additionalProperties"] = false;
    auto& one = section["properties"][std::string(key.key)];
    one["description"] = key.help;
    if (const auto* number = std::get_if<int64_t Config::*>(&key.field)) {
      one["type"] = "integer";
      one["minimum"] = key.low;
      one["maximum"] = key.high;
      one["default"] = defaults.*(*number);
    } else if (const auto* flag = std::get_if<bool Config::*>(&key.field)) {
      one["type"] = "boolean";
      one["default"] = defaults.*(*flag);
    } else if (std::holds_alternative<ConfigKey::Texts>(key.field)) {
      one["type"] = "array";
      one["items"]["type"] = "string";
      one["minItems"] = 1;
    } else {
      one["type"] = "string";
      if (!key.choices.empty()) one["enum"] = key.choices;
      one["default"] = defaults.*std::get<std::string Config::*>(key.field);
    }
  }
  add_balancer(out["properties"]);
  return jsonio::dump(out, 2) + "\n";
}

}  // namespace multiaz::orchestrator
