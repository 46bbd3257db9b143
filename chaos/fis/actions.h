// The table of actions.
#pragma once

#include <string>
#include <vector>

#include "chaos/fis/template.h"

namespace multiaz::chaos {

struct FisStep {
  std::vector<FaultSpec> faults;  // without times
  uint64_t lasts_ms = 0;          // scaled; until then the action has not completed
};

struct FisActionType {
  std::string_view id;
  std::string_view target_key;                // "Instances"; "" = none
  std::string_view target_type;               // that the target must have
  std::vector<std::string> needed, optional;  // parameters
  // `ids`: the resolved target.
  Result<FisStep> (*carry_out)(const FisAction& action, const FisTarget* target,
                               const std::vector<std::string>& ids, double scale);
};

const FisActionType* find_fis_action(const std::string& id);
std::string fis_action_names();

}  // namespace multiaz::chaos
