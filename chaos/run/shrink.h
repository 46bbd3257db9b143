// `multiaz chaos shrink`: a scenario that fails is run again and again with fewer and shorter
// faults, until nothing more can be left out.
#pragma once

#include <string>

#include "base/rt/task.h"
#include "chaos/run/run.h"

namespace multiaz::chaos {

struct ShrinkWords {
  std::string scenario;     // a name or a file
  uint64_t seed = 0;        // 0 = the file's
  uint64_t times = 2;       // a plan that holds so often is taken to be good
  uint64_t runs_max = 100;  // then it ends with what it has
  std::string out;          // folder; "" = multiaz-runs/NAME-SEED-shrunk
  RunOptions options;
};

// Prints each step. OUT/smallest is the run of the smallest plan that fails,
// OUT/smallest/scenario.toml the plan. Exit code 0; 2: the scenario did not fail; 254: bad input.
rt::Task<int> shrink_verb(ShrinkWords words);

}  // namespace multiaz::chaos
