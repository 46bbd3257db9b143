// One scenario from start to verdict: a cluster of its own (or one that runs), the load, the faults
// by their triggers, a pause, the final audit, the judgement, the run's folder.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/rt/task.h"
#include "chaos/cluster.h"
#include "chaos/fis/template.h"
#include "chaos/judge/judge.h"
#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

// A FIS template instead of a scenario's faults; it is laid out when the cluster runs.
struct FisOrder {
  FisTemplate experiment;
  double time_scale = 1;
};

struct RunOptions {
  std::optional<FisOrder> fis;
  std::string folder;   // of the run; "" = the default one
  std::string cluster;  // the name of a running cluster to use; "" = one of its own
  std::string bug;      // cluster.bug, for `chaos bugs`
  Engines engines;
  std::optional<uint64_t> shoppers;               // instead of the scenario's
  std::map<std::string, uint64_t> outage_ms_max;  // by path, in addition to the scenario's bounds
  bool control = false;                           // run it without its faults
  Figures beside;            // values of the control run, to be kept with this one
  bool quiet = false;        // print no progress
  uint64_t deadline_ms = 0;  // all faults are over by then; 0 = 40 s after their times
};

struct RunResult {
  RunRecord record;
  JudgedRun judged;
  std::string folder;
};

// The default folder of a run: multiaz-runs/NAME-SEED.
std::string usual_folder(const Scenario& scenario);

// kInvalid: the topology; kUnavailable: no cluster. Every other outcome is in the verdict.
rt::Task<Result<RunResult>> run_scenario(Scenario scenario, RunOptions options);

}  // namespace multiaz::chaos
