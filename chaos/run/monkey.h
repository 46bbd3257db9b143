// `multiaz chaos monkey`: rounds of random faults on one cluster, each judged when it is quiet.
#pragma once

#include <string>

#include "base/rt/task.h"
#include "chaos/plan/monkey.h"

namespace multiaz::chaos {

struct MonkeyWords {
  MonkeyPlan plan;
  std::string duration = "10m";
  std::string out = "multiaz-runs/monkey";  // a folder for each round
  bool json = false;
};

// 0 all held; 1 a claim was violated (the round's folder is kept, and the campaign ends); 3 not
// whole before a round; 4 more than kMissedPercentMax of the faults did not bite; 2 interrupted.
constexpr uint64_t kMissedPercentMax = 20;
rt::Task<int> monkey_verb(MonkeyWords words);

}  // namespace multiaz::chaos
