// The verbs of `multiaz chaos` beside demo, tour and toolkit. Each takes its options and returns
// the exit code.
#pragma once

#include <string>
#include <vector>

#include "base/rt/task.h"
#include "chaos/plan/monkey.h"
#include "chaos/run/run.h"

namespace multiaz::chaos {

struct ScenarioWords {
  std::vector<std::string> scenarios;  // names or files; "all"
  uint64_t seed = 0;                   // 0 = the file's
  double time_scale = 1;               // of the durations in AWS FIS templates
  uint64_t seeds = 1;                  // so many seeds, one after the other
  bool with_control = false;           // before each run, the same without its faults, to compare
  bool json = false;
  std::string junit, summary, out;       // files and the folder to write; "" = none, default
  std::vector<std::string> max_outages;  // "cart=2s": bounds in addition to the scenario's
  RunOptions options;
};

// Runs each scenario, and judges it. The exit code is the worst.
rt::Task<int> run_verb(ScenarioWords words);
int list_verb(bool json);
// Reads the files and prints their problems; runs nothing.
int validate_verb(const std::vector<std::string>& files);

// Injects one fault into a running cluster, holds, heals and verifies it, and prints its record as
// JSON.
struct InjectWords {
  std::string cluster, duration;
  std::vector<std::string> settings;  // "percent=50"
  FaultSpec spec;
};
rt::Task<int> inject_verb(InjectWords words);

// --- `multiaz chaos check FILE|DIR`: judges a recorded history again, offline. It may be that of
// any program: the format is in checkers/history.h.
struct CheckOptions {
  std::string path;  // history.jsonl, or a folder with it
  bool json = false;
  bool no_digest = false;  // for a folder: do not check that it is as the run left it
  std::string edn;         // a file to write for Jepsen's tools; "" = none
};

// 0: nothing wrong was found; 1: an anomaly; 2: too little evidence, or a folder that was changed;
// 254: bad input.
int check(const CheckOptions& options);

// --- Load without faults on a running cluster: the shoppers and probes of a run, counted.
struct LoadWords {
  std::string cluster;           // the name of a running one; "" = the only one
  std::string duration = "10s";  // "500ms", "10s", "2m"
  uint64_t think_ms = 150;       // of each shopper between two actions; 0 = no pause
  uint64_t seed = 1;
  Workload workload;
  bool no_record = false;  // individual requests are not kept, only counted
  bool json = false;
};

// Prints what was done a second. Exit code 0, or 3 when hardly any request succeeded.
rt::Task<int> load_verb(LoadWords words);

// --- `multiaz chaos monkey`: rounds of random faults on one cluster; each is judged after a pause.
struct MonkeyWords {
  MonkeyPlan plan;
  std::string duration = "10m";
  std::string out = "multiaz-runs/monkey";  // a folder for each round
  bool json = false;
};

// 0: all claims held; 1: a claim was violated (the round's folder is kept, and the campaign ends);
// 3: not healthy before a round; 4: more than kMissedPercentMax of the faults had no verified
// effect; 2: interrupted.
constexpr uint64_t kMissedPercentMax = 20;
rt::Task<int> monkey_verb(MonkeyWords words);

// --- `multiaz chaos bugs`: well-known mistakes are switched on one after the other, and a scenario
// must catch each of them. A checker that never finds anything proves nothing.
struct BugWords {
  std::string only;    // one bug; "" = all
  uint64_t times = 1;  // tries of each, with seeds of their own
  bool json = false;
  std::string out = "multiaz-runs/bugs";
};

// 0: each was caught every time; 1: one was missed (by its checker, or at all); 2: the machine
// stood still so often that fewer than `times` tries counted. A try counts when the mistake was
// caught, or when the machine never stood still; up to three runs are made for each. 254: no such
// bug.
rt::Task<int> bugs_verb(BugWords words);

// --- `multiaz chaos shrink`: a scenario that fails is run again and again with fewer and shorter
// faults, until nothing more can be left out.
struct ShrinkWords {
  std::string scenario;     // a name or a file
  uint64_t seed = 0;        // 0 = the file's
  uint64_t times = 2;       // a plan whose claims hold so often is taken to be good
  uint64_t runs_max = 100;  // after so many runs it ends with the smallest plan so far
  std::string out;          // folder; "" = multiaz-runs/NAME-SEED-shrunk
  RunOptions options;
};

// Prints each step. OUT/smallest is the run of the smallest plan that fails,
// OUT/smallest/scenario.toml the plan. Exit code 0; 2: the scenario did not fail; 254: bad input.
rt::Task<int> shrink_verb(ShrinkWords words);

}  // namespace multiaz::chaos
