// Orders that place a fault: carried out, and then watched until they bite.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/rt/task.h"
#include "cli/options.h"

namespace multiaz::cli {

struct Placing {
  std::string route;
  std::string what;                  // for a reader: "cut web db"
  std::string kind;                  // of the fault whose counters tell
  std::vector<std::string> targets;  // whose counters
  uint64_t for_ms = 0;               // how long it lasts
};

// Prints what it did, with "bit" and "proof". kExitNotApplied: nothing met it, or it could not be
// placed. With --wait none it is placed, and nothing is said of a bite.
rt::Task<int> place_and_prove(Options options, Placing placing, nlohmann::json body);

}  // namespace multiaz::cli
