// Orders that place a fault: they are carried out, and then watched until the fault acts.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/rt/task.h"
#include "cli/options.h"

namespace multiaz::cli {

struct Placing {
  std::string route;
  std::string what;  // a text for users: "cut web db"
  std::string kind;  // kind of the fault, which decides on the counters
  std::vector<std::string> targets;  // instances whose counters are watched
  uint64_t for_ms = 0;               // how long it lasts
};

// Prints the outcome, with "bit" and "proof". kExitNotApplied: no target was hit, or the fault
// could not be placed. With --wait none the fault is only placed, and its effect is not checked.
rt::Task<int> place_and_prove(Options options, Placing placing, nlohmann::json body);

}  // namespace multiaz::cli
