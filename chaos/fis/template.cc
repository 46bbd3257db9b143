#include "chaos/fis/template.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/core/random.h"
#include "chaos/checkers/stop_conditions.h"
#include "chaos/fis/actions.h"

namespace multiaz::chaos {

namespace {

using FisJson = nlohmann::json;

constexpr uint64_t kAwsDurationMsMin = 60'000, kAwsDurationMsMax = 12 * 3'600'000;

class FisReader {
 public:
  Result<FisTemplate> read(const std::string& text) {
    const FisJson json = FisJson::parse(text, nullptr, false);
    if (!json.is_object()) return Error(Code::kInvalid, "not a JSON object");
    out_.description = word(json, "", "description", true);
    (void)word(json, "", "roleArn", true);
    targets(json.value("targets", FisJson::object()));
    actions(json.value("actions", FisJson::object()));
    stop_conditions(json.value("stopConditions", FisJson()));
    for (const FisAction& action : out_.actions) check(action);
    if (!problems_.empty()) return Error(Code::kInvalid, problems_);
    return std::move(out_);
  }

 private:
  void problem(const std::string& where, const std::string& what) {
    problems_ += (problems_.empty() ? "" : "\n") + where + ": " + what;
  }

  std::string word(const FisJson& json, const std::string& where, const char* key, bool needed) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) {
      if (needed || found != json.end()) problem(where + key, "a text is needed here");
      return "";
    }
    return found->get<std::string>();
  }

  std::map<std::string, std::string> words(const FisJson& json, const std::string& where) {
    std::map<std::string, std::string> out;
    if (!json.is_object()) {
      problem(where, "an object of texts is needed here");
      return out;
    }
    for (const auto& [key, value] : json.items()) {
      if (value.is_string())
        out[key] = value.get<std::string>();
      else
        problem(where + "." + key, "AWS takes texts here, also for numbers and booleans");
    }
    return out;
  }

  void targets(const FisJson& all) {
    for (const auto& [name, json] : all.items()) {
      const std::string where = "targets." + name + ".";
      FisTarget target;
      target.type = word(json, where, "resourceType", true);
      target.tags = words(json.value("resourceTags", FisJson::object()), where + "resourceTags");
      target.parameters = words(json.value("parameters", FisJson::object()), where + "parameters");
      for (const FisJson& arn : json.value("resourceArns", FisJson::array())) {
        if (arn.is_string()) target.arns.push_back(arn.get<std::string>());
      }
      if (target.tags.empty() == target.arns.empty()) {
        problem(where + "resourceTags", "either resourceTags or resourceArns");
      }
      for (const FisJson& filter : json.value("filters", FisJson::array())) {
        std::vector<std::string> values;
        for (const FisJson& one : filter.value("values", FisJson::array())) {
          if (one.is_string()) values.push_back(one.get<std::string>());
        }
        target.filters.emplace_back(filter.value("path", ""), std::move(values));
      }
      if (target.type.starts_with("aws:elasticache") && !target.filters.empty()) {
        problem(where + "filters", "AWS takes no filters for replication groups");
      }
      selection(word(json, where, "selectionMode", true), where, target);
      out_.targets[name] = std::move(target);
    }
  }

  // ALL, COUNT(2), PERCENT(50)
  void selection(const std::string& mode, const std::string& where, FisTarget& target) {
    const size_t open = mode.find('(');
    target.selection = mode.substr(0, open);
    if (open != std::string::npos)
      target.count = std::strtoull(mode.c_str() + open + 1, nullptr, 10);
    const bool counted = target.selection == "COUNT" || target.selection == "PERCENT";
    const bool right = counted ? target.count > 0 && mode.ends_with(')') : mode == "ALL";
    if (!right || (target.selection == "PERCENT" && target.count > 100)) {
      problem(where + "selectionMode", "ALL, COUNT(n) or PERCENT(n), not \"" + mode + "\"");
    }
  }

  void actions(const FisJson& all) {
    if (all.empty()) problem("actions", "there is none");
    for (const auto& [name, json] : all.items()) {
      const std::string where = "actions." + name + ".";
      FisAction action;
      action.name = name;
      action.id = word(json, where, "actionId", true);
      action.parameters = words(json.value("parameters", FisJson::object()), where + "parameters");
      action.targets = words(json.value("targets", FisJson::object()), where + "targets");
      for (const FisJson& one : json.value("startAfter", FisJson::array())) {
        if (one.is_string()) action.start_after.push_back(one.get<std::string>());
      }
      out_.actions.push_back(std::move(action));
    }
  }

  void stop_conditions(const FisJson& all) {
    if (!all.is_array() || all.empty()) {
      return problem("stopConditions", "needed: [{\"source\":\"none\"}] for none");
    }
    for (const FisJson& one : all) {
      const std::string source = one.value("source", "");
      if (source == "none") continue;
      const std::string value = one.value("value", "");
      const std::string alarm = value.substr(value.rfind(':') + 1);
      if (source != "aws:cloudwatch:alarm" || !find_stop_condition(alarm)) {
        problem("stopConditions", "\"none\", or \"aws:cloudwatch:alarm\" with one of ours: " +
                                      stop_condition_names() + "; not \"" + value + "\"");
      }
      out_.alarms.push_back(alarm);
    }
  }

  void check(const FisAction& action) {
    const std::string where = "actions." + action.name + ".";
    const FisActionType* type = find_fis_action(action.id);
    if (type == nullptr) {
      return problem(where + "actionId",
                     "not known here: \"" + action.id + "\"; known are " + fis_action_names());
    }
    for (const std::string& other : action.start_after) {
      const bool there = std::any_of(out_.actions.begin(), out_.actions.end(),
                                     [&](const FisAction& one) { return one.name == other; });
      if (!there) problem(where + "startAfter", "there is no action \"" + other + "\"");
    }
    for (const std::string& key : type->needed) {
      if (!action.parameters.contains(key)) problem(where + "parameters." + key, "is needed");
    }
    for (const auto& [key, value] : action.parameters) {
      const auto known = [&](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), key) != list.end();
      };
      if (!known(type->needed) && !known(type->optional)) {
        problem(where + "parameters." + key, action.id + " has no such parameter");
      }
      if (key.find("uration") != std::string::npos)
        check_duration(where + "parameters." + key, value);
    }
    if (type->target_key.empty()) return;
    const auto used = action.targets.find(std::string(type->target_key));
    if (used == action.targets.end() || action.targets.size() != 1) {
      return problem(where + "targets",
                     "exactly {\"" + std::string(type->target_key) + "\": NAME}");
    }
    const auto target = out_.targets.find(used->second);
    if (target == out_.targets.end()) {
      return problem(where + "targets", "there is no target \"" + used->second + "\"");
    }
    if (target->second.type != type->target_type) {
      problem("targets." + used->second + ".resourceType",
              action.id + " needs " + std::string(type->target_type));
    }
  }

  void check_duration(const std::string& where, const std::string& value) {
    const auto ms = duration_ms(value);
    if (!ms) return problem(where, ms.error().detail);
    if (*ms < kAwsDurationMsMin || *ms > kAwsDurationMsMax) {
      out_.notes.push_back(where + ": " + value + " is not valid on AWS (1 minute to 12 hours)");
    }
  }

  FisTemplate out_;
  std::string problems_;
};

}  // namespace

Result<FisTemplate> read_fis(const std::string& text) {
  return FisReader().read(text);
}

bool is_fis(const std::string& text) {
  const FisJson json = FisJson::parse(text, nullptr, false);
  return json.is_object() && json.contains("actions") && json.contains("stopConditions");
}

Result<uint64_t> duration_ms(const std::string& text) {
  const Error wrong(Code::kInvalid, "a duration like PT2M, PT1H30M or PT30S, not \"" + text + "\"");
  if (!text.starts_with('P')) return wrong;
  uint64_t total_ms = 0, number = 0;
  bool time = false, digits = false;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<uint64_t>(c - '0');
      digits = true;
      if (number > 1'000'000) return wrong;
      continue;
    }
    if (c == 'T' && !time && !digits) {
      time = true;
      continue;
    }
    if (!digits) return wrong;
    if (c == 'D' && !time)
      total_ms += number * 24 * 3'600'000;
    else if (c == 'H' && time)
      total_ms += number * 3'600'000;
    else if (c == 'M' && time)
      total_ms += number * 60'000;
    else if (c == 'S' && time)
      total_ms += number * 1'000;
    else
      return wrong;
    number = 0;
    digits = false;
  }
  if (digits || total_ms == 0) return wrong;
  return total_ms;
}

}  // namespace multiaz::chaos
