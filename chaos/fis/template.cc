#include "chaos/fis/template.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "chaos/checkers/stop_conditions.h"
#include "chaos/fis/actions.h"

namespace multiaz::chaos {

namespace {

using FisJson = nlohmann::json;

// The keys that are allowed in each place; any other key is named and refused.
constexpr std::string_view kTemplateKeys[] = {
    "clientToken", "description", "roleArn", "stopConditions", "targets", "actions", "tags",
    "experimentOptions", "logConfiguration", "experimentReportConfiguration",
    // keys that GetExperimentTemplate adds
    "id", "arn", "creationTime", "lastUpdateTime", "targetAccountConfigurationsCount"};
constexpr std::string_view kTargetKeys[] = {"resourceType", "resourceTags",  "resourceArns",
                                            "filters",      "selectionMode", "parameters"};
constexpr std::string_view kFilterKeys[] = {"path", "values"};
constexpr std::string_view kFilterPaths[] = {"State.Name", "LastStatus", "AvailabilityZone",
                                             "Placement.AvailabilityZone"};
constexpr std::string_view kTagKeys[] = {"tier", "Name", "role", "zone", "az", "app"};
constexpr std::string_view kTargetParameters[] = {"availabilityZoneIdentifier"};
constexpr std::string_view kActionKeys[] = {"actionId", "description", "parameters", "targets",
                                            "startAfter"};
constexpr std::string_view kStopKeys[] = {"source", "value"};
constexpr std::string_view kOptionKeys[] = {"accountTargeting", "emptyTargetResolutionMode",
                                            "actionsMode"};
constexpr std::string_view kNotCarriedOut[] = {"logConfiguration", "experimentReportConfiguration"};

class FisReader {
 public:
  Result<FisTemplate> read(const std::string& text) {
    if (text.size() > kFisBytesMax) {
      return Error(Code::kInvalid, "a template has at most 1 MiB");
    }
    const auto parsed = jsonio::parse_object<FisJson>(text);
    if (!parsed) return Error(Code::kInvalid, parsed.error().detail);
    const FisJson& json = *parsed;
    keys(json, "", kTemplateKeys);
    out_.description = word(json, "", "description", true);
    (void)word(json, "", "roleArn", true);
    for (const std::string_view key : kNotCarriedOut) {
      if (jsonio::find(json, key)) out_.notes.push_back(std::string(key) + ": not carried out");
    }
    options(*object(json, "", "experimentOptions"));
    for (const auto& [name, one] : object(json, "", "targets")->items()) target(name, one);
    const FisJson& actions = *object(json, "", "actions");
    if (actions.empty()) problems_.add("actions", "there is none");
    for (const auto& [name, one] : actions.items()) action(name, one);
    stop_conditions(json);
    for (const FisAction& one : out_.actions) {
      check_fis_action(out_, one, problems_, out_.notes);
    }
    if (!problems_.none()) return Error(Code::kInvalid, problems_.text());
    return std::move(out_);
  }

 private:
  void keys(const FisJson& json, const std::string& where,
            std::span<const std::string_view> allowed) {
    for (const auto& [key, value] : json.items()) problems_.check_key(where, key, allowed);
  }

  // Returns "" and adds a problem unless it is a text.
  std::string word(const FisJson& json, const std::string& where, const char* key, bool needed) {
    const FisJson* found = jsonio::find(json, key);
    if (found == nullptr && !needed) return "";
    if (found == nullptr || !found->is_string()) {
      problems_.add(where + key, "a text is needed here");
      return "";
    }
    return jsonio::text_or_empty(*found);
  }

  // Returns an empty one when there is none; anything else than an object is a problem, too.
  const FisJson* object(const FisJson& json, const std::string& where, const char* key) {
    static const FisJson kNone = FisJson::object();
    const auto found = jsonio::object(json, key);
    if (found) return *found;
    problems_.add(where + key, "an object is needed here");
    return &kNone;
  }

  // Reads texts of AWS; a placeholder of a template library that was never filled in is a problem.
  std::string value_at(const FisJson& value, const std::string& where) {
    if (!value.is_string()) {
      problems_.add(where, "AWS takes texts here, also for numbers and booleans");
      return "";
    }
    std::string text = jsonio::text_or_empty(value);
    const size_t open = text.find('<');
    if (open != std::string::npos && text.find('>', open) != std::string::npos) {
      problems_.add(where, "fill in the placeholder: \"" + text + "\"");
    }
    return text;
  }

  std::map<std::string, std::string> words(const FisJson& json, const std::string& where,
                                           const char* key) {
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : object(json, where, key)->items()) {
      out[name] = value_at(value, where + key + "." + name);
    }
    return out;
  }

  std::vector<std::string> list(const FisJson& json, const std::string& where, const char* key) {
    std::vector<std::string> out;
    const auto found = jsonio::array(json, key);
    if (!found) {
      problems_.add(where + key, "a list of texts is needed here");
      return out;
    }
    for (const FisJson& one : **found) out.push_back(value_at(one, where + key));
    return out;
  }

  void options(const FisJson& json) {
    const std::string where = "experimentOptions.";
    keys(json, where, kOptionKeys);
    const std::string mode = word(json, where, "emptyTargetResolutionMode", false);
    if (!mode.empty() && mode != "fail" && mode != "skip") {
      problems_.add(where + "emptyTargetResolutionMode", "fail or skip, not \"" + mode + "\"");
    }
    out_.skip_empty = mode == "skip";
    const std::string accounts = word(json, where, "accountTargeting", false);
    if (!accounts.empty() && accounts != "single-account") {
      problems_.add(where + "accountTargeting", "single-account here, not \"" + accounts + "\"");
    }
    const std::string actions = word(json, where, "actionsMode", false);
    if (!actions.empty() && actions != "run-all") {
      problems_.add(where + "actionsMode", "run-all here, not \"" + actions + "\"");
    }
  }

  void target(const std::string& name, const FisJson& json) {
    const std::string where = "targets." + name + ".";
    if (!json.is_object()) return problems_.add("targets." + name, "an object is needed here");
    keys(json, where, kTargetKeys);
    FisTarget target;
    target.type = word(json, where, "resourceType", true);
    target.tags = words(json, where, "resourceTags");
    for (const auto& [key, value] : target.tags) {
      if (!out_.skip_empty) problems_.check_key(where + "resourceTags.", key, kTagKeys);
    }
    target.parameters = words(json, where, "parameters");
    for (const auto& [key, value] : target.parameters) {
      problems_.check_key(where + "parameters.", key, kTargetParameters);
      const Status zone = check_fis_value(FisValue::kZone, value);
      if (!zone) problems_.add(where + "parameters." + key, zone.error().detail);
    }
    target.arns = list(json, where, "resourceArns");
    if (target.tags.empty() == target.arns.empty()) {
      problems_.add(where + "resourceTags", "either resourceTags or resourceArns");
    }
    filters(json, where, target);
    selection(word(json, where, "selectionMode", true), where, target);
    out_.targets[name] = std::move(target);
  }

  void filters(const FisJson& json, const std::string& where, FisTarget& target) {
    const auto found = jsonio::array(json, "filters");
    if (!found) return problems_.add(where + "filters", "a list of {\"path\", \"values\"}");
    size_t number = 0;
    for (const FisJson& one : **found) {
      const std::string place = where + "filters[" + std::to_string(number++) + "]";
      if (!one.is_object()) {
        problems_.add(place, "an object with \"path\" and \"values\" is needed here");
        continue;
      }
      keys(one, place + ".", kFilterKeys);
      std::string path = word(one, place + ".", "path", true);
      std::vector<std::string> values = list(one, place + ".", "values");
      if (values.empty()) problems_.add(place + ".values", "there is none");
      if (!path.empty()) problems_.check_key(place + ".path ", path, kFilterPaths);
      for (const std::string& value : values) {
        if (path.find("AvailabilityZone") == std::string::npos) continue;
        const Status zone = check_fis_value(FisValue::kZone, value);
        if (!zone) problems_.add(place + ".values", zone.error().detail);
      }
      target.filters.emplace_back(std::move(path), std::move(values));
    }
    if (target.type.starts_with("aws:elasticache") && !target.filters.empty()) {
      problems_.add(where + "filters", "AWS takes no filters for replication groups");
    }
    if (!target.arns.empty() && !target.filters.empty()) {
      problems_.add(where + "filters",
                    "AWS takes filters with resourceTags, not with resourceArns");
    }
  }

  // ALL, COUNT(2), PERCENT(50)
  void selection(const std::string& mode, const std::string& where, FisTarget& target) {
    const size_t open = mode.find('(');
    target.selection = mode.substr(0, open);
    bool right = mode == "ALL";
    if (target.selection == "COUNT" || target.selection == "PERCENT") {
      const char* from = mode.data() + target.selection.size() + 1;
      const char* end = mode.data() + mode.size() - 1;
      if (open != std::string::npos && mode.ends_with(')') && from < end) {
        const auto read = std::from_chars(from, end, target.count);
        right = read.ec == std::errc() && read.ptr == end && target.count > 0;
      }
    }
    if (!right || (target.selection == "PERCENT" && target.count > 100)) {
      problems_.add(where + "selectionMode", "ALL, COUNT(n) or PERCENT(n), not \"" + mode + "\"");
    }
  }

  void action(const std::string& name, const FisJson& json) {
    const std::string where = "actions." + name + ".";
    if (!json.is_object()) return problems_.add("actions." + name, "an object is needed here");
    keys(json, where, kActionKeys);
    FisAction action;
    action.name = name;
    action.id = word(json, where, "actionId", true);
    action.parameters = words(json, where, "parameters");
    action.targets = words(json, where, "targets");
    action.start_after = list(json, where, "startAfter");
    out_.actions.push_back(std::move(action));
  }

  void stop_conditions(const FisJson& json) {
    const auto all = jsonio::array(json, "stopConditions");
    if (!all || (*all)->empty()) {
      return problems_.add("stopConditions", "needed: [{\"source\":\"none\"}] for none");
    }
    for (const FisJson& one : **all) {
      if (!one.is_object()) {
        problems_.add("stopConditions", "an object with \"source\" is needed here");
        continue;
      }
      keys(one, "stopConditions.", kStopKeys);
      const std::string source = word(one, "stopConditions.", "source", true);
      if (source == "none") continue;
      const std::string value = word(one, "stopConditions.", "value", false);
      const std::string alarm = value.substr(value.rfind(':') + 1);
      if (source != "aws:cloudwatch:alarm" || !find_stop_condition(alarm)) {
        problems_.add("stopConditions", "\"none\", or \"aws:cloudwatch:alarm\" with one of ours: " +
                                            stop_condition_names() + "; not \"" + value + "\"");
        continue;
      }
      out_.alarms.push_back(alarm);
    }
  }

  FisTemplate out_;
  Problems problems_;
};

}  // namespace

Result<FisTemplate> read_fis(const std::string& text) {
  return FisReader().read(text);
}

bool is_fis(const std::string& text) {
  const auto json = jsonio::parse_object<FisJson>(text);
  return json && json->contains("actions") && json->contains("stopConditions");
}

}  // namespace multiaz::chaos
