// `multiaz chaos bugs`: famous mistakes switched on one after the other, each of which a scenario
// must catch. A checker that never finds anything proves nothing.
#pragma once

#include <string>

#include "base/rt/task.h"

namespace multiaz::chaos {

struct BugWords {
  std::string only;    // one bug; "" = all
  uint64_t times = 1;  // of each, with seeds of their own
  bool json = false;
  std::string out = "multiaz-runs/bugs";
};

// 0 each was caught every time; 1 one was missed (by its checker, or at all); 2 the machine stood
// still so often that fewer than `times` tries counted: a try counts when the mistake was caught,
// or when the machine never stood still; up to three runs are made for each; 254 no such bug.
rt::Task<int> bugs_verb(BugWords words);

}  // namespace multiaz::chaos
