#include <nlohmann/json.hpp>
#include <variant>

#include "base/core/jsonio.h"
#include "orchestrator/plan/config.h"

namespace multiaz::orchestrator {

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
  return jsonio::dump(out, 2) + "\n";
}

}  // namespace multiaz::orchestrator
