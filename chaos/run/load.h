// Load without faults on a running cluster: the shoppers and probes of a run, counted.
#pragma once

#include <string>

#include "base/rt/task.h"
#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

struct LoadWords {
  std::string cluster;           // of a running one; "" = the only one
  std::string duration = "10s";  // "500ms", "10s", "2m"
  uint64_t think_ms = 150;       // of each shopper between two actions; 0 = as fast as it goes
  uint64_t seed = 1;
  Workload workload;
  bool no_record = false;  // nothing is remembered of each request: counts only
  bool json = false;
};

// Prints what was done a second. Exit code 0, or 3 when hardly anything succeeded.
rt::Task<int> load_verb(LoadWords words);

}  // namespace multiaz::chaos
