// Checks an action against the tables.
#include <algorithm>

#include "chaos/fis/actions.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kAwsDurationMsMin = 60'000;

void check_parameters(const FisActionType& type, const FisAction& action, const std::string& where,
                      Problems& problems, std::vector<std::string>& notes) {
  std::vector<std::string_view> names;
  for (const FisParameter& one : type.parameters) {
    names.push_back(one.name);
    if (one.needed && !action.parameters.contains(std::string(one.name))) {
      problems.add(where + std::string(one.name), "is needed");
    }
  }
  for (const auto& [key, value] : action.parameters) {
    const auto known = std::ranges::find(names, key);
    if (known == names.end()) {
      if (names.empty()) {
        problems.add(where + key, action.id + " has no parameters");
      } else {
        problems.check_key(where, key, names);
      }
      continue;
    }
    const FisParameter& one = type.parameters[static_cast<size_t>(known - names.begin())];
    const Status good = check_fis_value(one.value, value);
    if (!good) problems.add(where + key, good.error().detail);
    if (!one.instead.empty()) {
      notes.push_back(where + key + ": of no effect here: " + std::string(one.instead));
    }
    if (one.value == FisValue::kDocumentParameters && action.parameters.contains("documentArn")) {
      check_document_parameters(action.parameters.at("documentArn"), value, where + key, problems);
    }
    if (one.value == FisValue::kDuration && good && *duration_ms(value) < kAwsDurationMsMin) {
      notes.push_back(where + key + ": " + value + " is not valid on AWS (1 minute to 12 hours)");
    }
  }
}

void check_target(const FisTemplate& fis, const FisActionType& type, const FisAction& action,
                  const std::string& where, Problems& problems) {
  if (type.target.key.empty()) {
    if (!action.targets.empty()) problems.add(where, action.id + " has no target");
    return;
  }
  const auto used = action.targets.find(std::string(type.target.key));
  if (used == action.targets.end() || action.targets.size() != 1) {
    return problems.add(where, "exactly {\"" + std::string(type.target.key) + "\": NAME}");
  }
  const auto target = fis.targets.find(used->second);
  if (target == fis.targets.end()) {
    return problems.add(where, "there is no target \"" + used->second + "\"");
  }
  if (target->second.type != type.target.type) {
    problems.add("targets." + used->second + ".resourceType",
                 action.id + " needs " + std::string(type.target.type) + ", not \"" +
                     target->second.type + "\"");
  }
}

}  // namespace

void check_fis_action(const FisTemplate& fis, const FisAction& action, Problems& problems,
                      std::vector<std::string>& notes) {
  const std::string where = "actions." + action.name + ".";
  const FisActionType* type = find_fis_action(action.id);
  if (type == nullptr) {
    return problems.add(where + "actionId",
                        "not known here: \"" + action.id + "\"; known are " + fis_action_names());
  }
  for (const std::string& other : action.start_after) {
    const bool there =
        std::ranges::any_of(fis.actions, [&](const FisAction& one) { return one.name == other; });
    if (!there) problems.add(where + "startAfter", "there is no action \"" + other + "\"");
    if (other == action.name) problems.add(where + "startAfter", "that is the action itself");
  }
  check_parameters(*type, action, where + "parameters.", problems, notes);
  check_target(fis, *type, action, where + "targets", problems);
}

}  // namespace multiaz::chaos
