// The configuration and secrets of an experiment, and the replacement of "${name}" by them.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "chaos/plan/problems.h"
#include "chaos/toolkit/experiment.h"

namespace multiaz::chaos {

class ExperimentValues {
 public:
  ExperimentValues(const Environment& environment, Problems& problems)
      : environment_(environment), problems_(problems) {}

  // {"zone": {"type":"env","key":"ZONE","default":"b","env_var_type":"str"}, "api": "http://..."}
  void take_configuration(const nlohmann::ordered_json& values);
  // {"target": {"token": {"type":"env","key":"TOKEN"}, "user": "me"}}: the inner names are used.
  void take_secrets(const nlohmann::ordered_json& values);

  // Replaces names in the value and all below it: "${name}" alone becomes the value with its type;
  // within a text, also as "$name", it becomes text, and "$$" is a dollar. Unknown names stay as
  // they are.
  void substitute(nlohmann::ordered_json& value) const;

 private:
  void take(const std::string& where, const std::string& name, const nlohmann::ordered_json& value);
  void from_environment(const std::string& where, const std::string& name,
                        const nlohmann::ordered_json& value);
  [[nodiscard]] std::string filled_in(const std::string& text) const;

  const Environment& environment_;
  Problems& problems_;
  std::map<std::string, JsonText> values_;
};

}  // namespace multiaz::chaos
