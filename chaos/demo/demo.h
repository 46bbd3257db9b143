// `multiaz demo`: starts a cluster, lets shoppers use it, injects fault after fault, prints the
// verdict and leaves nothing behind. The faults are scenarios that run one after the other on one
// cluster (chaos/experiment).
#pragma once

#include <string>

#include "base/rt/task.h"
#include "chaos/cluster.h"

namespace multiaz::chaos {

struct DemoOptions {
  bool json = false;
  bool keep = false;
  std::string bug;
  std::string name;
  std::string profile = "fast";
  Engines engines;
  std::string only;            // run only steps whose name contains this
  std::string junit, summary;  // files to write; "" = none
  uint64_t seed = 1;
  size_t shoppers = 200;
  size_t repeat = 1;  // of each step
};

// The output of a demonstration beside its record.
struct DemoReport {
  RunRecord record;
  std::string headline;  // the result in one line
  std::string problem;   // why the run proves nothing, "" if it does
  bool ok = false, clean = false;
  uint64_t start_ms = 0, memory_mb = 0, elapsed_ms = 0;
};

// Exit codes: 0 all claims hold, 1 one is violated, 2 inconclusive, 3 unhealthy before a fault, 4 a
// fault could not be applied or had no verified effect, 254 bad input.
rt::Task<int> demo(DemoOptions options);

// The closing table, and the one JSON object.
std::string report_text(const DemoReport& report);
std::string report_json(const DemoReport& report);

}  // namespace multiaz::chaos
