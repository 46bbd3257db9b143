// The activities of an experiment: probes and actions with their providers, read and checked.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/plan/problems.h"
#include "chaos/toolkit/experiment.h"
#include "chaos/toolkit/values.h"

namespace multiaz::chaos {

// Each key of the object that is not allowed is a problem; "x-..." are extensions and allowed.
void check_keys(const nlohmann::ordered_json& json, const std::string& where,
                std::span<const std::string_view> allowed, Problems& problems);

class ActivityReader {
 public:
  // `doc`: the whole experiment, in which a "ref" looks for its activity.
  ActivityReader(const nlohmann::ordered_json& doc, const ExperimentValues& values,
                 Problems& problems)
      : doc_(doc), values_(values), problems_(problems) {}

  // Reads the list under the key; placeholders are replaced by their values, also in `parent`.
  void read_list(nlohmann::ordered_json& parent, const char* key, const std::string& where,
                 std::vector<Activity>& into);

 private:
  void one(nlohmann::ordered_json json, const std::string& place, std::vector<Activity>& into);
  void process(const nlohmann::ordered_json& provider, const std::string& place, Activity& out);
  void http(const nlohmann::ordered_json& provider, const std::string& place, Activity& out);
  void http_arguments(const nlohmann::ordered_json& given, const std::string& place, Activity& out);
  const nlohmann::ordered_json* find_named(const std::string& name) const;
  std::string word(const nlohmann::ordered_json& json, const char* key, const std::string& where);
  double seconds(const nlohmann::ordered_json& json, const char* key, const std::string& where);
  // Writes a value into a command line as Chaos Toolkit does; lists and objects are a problem.
  std::string plain(const nlohmann::ordered_json& value, const std::string& where);

  const nlohmann::ordered_json& doc_;
  const ExperimentValues& values_;
  Problems& problems_;
};

}  // namespace multiaz::chaos
