// The verbs of `multiaz chaos` that run or read scenarios. Each returns the exit code.
#pragma once

#include <string>
#include <vector>

#include "base/rt/task.h"
#include "chaos/run/run.h"

namespace multiaz::chaos {

struct ScenarioWords {
  std::vector<std::string> scenarios;  // names or files; "all"
  uint64_t seed = 0;                   // 0 = the file's
  double time_scale = 1;               // of the durations in AWS FIS templates
  uint64_t seeds = 1;                  // so many, one after the other
  bool with_control = false;           // each once more before, without its faults, to compare
  bool json = false;
  std::string junit, summary, out;       // files and the folder to write; "" = none, default
  std::vector<std::string> max_outages;  // "cart=2s": bounds beside the scenario's
  RunOptions options;
};

// Runs each, and judges. The exit code is the worst.
rt::Task<int> run_verb(ScenarioWords words);
int list_verb(bool json);
// Reads the files, says what is wrong with them, runs nothing.
int validate_verb(const std::vector<std::string>& files);

// One fault on a running cluster, held, healed and proven: prints its record as JSON.
struct InjectWords {
  std::string cluster, duration;
  std::vector<std::string> settings;  // "percent=50"
  FaultSpec spec;
};
rt::Task<int> inject_verb(InjectWords words);

}  // namespace multiaz::chaos
