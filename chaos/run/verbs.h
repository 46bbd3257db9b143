// The verbs of `multiaz chaos` beside demo, tour and toolkit. Each takes its words and returns the
// exit code.
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

// --- `multiaz chaos check FILE|DIR`: judges a recorded history again, offline. Any program's: the
// form is in checkers/history.h.
struct CheckOptions {
  std::string path;  // history.jsonl, or a folder with it
  bool json = false;
  bool no_digest = false;  // of a folder: do not ask whether it is as the run left it
  std::string edn;         // a file to write for Jepsen's tools; "" = none
};

// 0 nothing wrong was found, 1 an anomaly, 2 too little to judge by, or a folder that was changed,
// 254 bad input.
int check(const CheckOptions& options);

// --- Load without faults on a running cluster: the shoppers and probes of a run, counted.
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

// --- `multiaz chaos monkey`: rounds of random faults on one cluster, each judged when it is quiet.
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

// --- `multiaz chaos bugs`: famous mistakes switched on one after the other, each of which a
// scenario must catch. A checker that never finds anything proves nothing.
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

// --- `multiaz chaos shrink`: a scenario that fails is run again and again with fewer and shorter
// faults, until nothing more can be left out.
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
