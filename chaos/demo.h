// `multiaz demo`: start, shop, break everything in turn, print the verdict, leave nothing behind.
#pragma once

#include <string>
#include <vector>

#include "base/rt/task.h"
#include "chaos/final_reading.h"
#include "chaos/steps.h"

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

struct FaultRow {
  std::string fault;
  bool applied = false;
  std::string proof;
  std::string took_over;
  uint64_t detect_ms = 0;
  uint64_t outage_ms = 0;
  uint64_t failed_requests = 0;
  uint64_t redundancy_restored_ms = 0;
  bool recovered = false;
  bool overlapped = false;  // the hit paths were in use before and after
};

struct DemoReport {
  bool ok = false;
  FinalReading reading;
  uint64_t requests = 0;
  uint64_t failed_requests = 0;
  uint64_t start_ms = 0;
  uint64_t memory_mb = 0;
  uint64_t seed = 0;
  uint64_t elapsed_ms = 0;
  bool clean = false;                // nothing was left behind
  std::vector<Finding> stale_reads;  // found by shoppers while they shopped
  std::vector<FaultRow> faults;
  std::string headline;  // what it cost, in one line
  std::string problem;   // why the run proves nothing, "" if it does
};

// Exit codes: 0 all claims hold, 1 one is violated, 2 inconclusive, 3 unhealthy before a fault,
// 4 a fault could not be applied or did not bite, 254 bad input.
rt::Task<int> demo(DemoOptions options);

// The closing table, and the one JSON object.
std::string report_text(const DemoReport& report);
std::string report_json(const DemoReport& report);

}  // namespace multiaz::chaos
