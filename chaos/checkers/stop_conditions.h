// Stop conditions end an experiment early because its effect is larger than planned (the alarms of
// an AWS FIS template, the "abort conditions" of chaos engineering). They are evaluated while the
// load runs, from what shoppers saw until then. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "chaos/checkers/ledger.h"
#include "chaos/checkers/timeline.h"

namespace multiaz::chaos {

struct StopCondition {
  std::string_view name;  // "failing-requests"; in a template the end of the alarm's ARN
  std::string_view text;  // the condition in words
  // The observation, with numbers, if the condition is met now. `began`: when the shop was warm;
  // requests sent before that do not count.
  std::optional<std::string> (*met)(const Timeline& timeline, const std::vector<Finding>& findings,
                                    Nanos began, Nanos now);
};

const StopCondition* find_stop_condition(std::string_view name);
// "lost-acks (...), failing-requests (...)": for messages.
std::string stop_condition_names();

}  // namespace multiaz::chaos
