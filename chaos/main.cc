// chaos: shoppers, faults and the verdict. Here are the verbs of `multiaz chaos` (and demo, tour)
// with their options; each verb is carried out in a file of its own.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <memory>

#include "base/core/log.h"
#include "base/faults/words.h"
#include "base/rt/loop.h"
#include "chaos/checkers/verdict.h"
#include "chaos/demo/demo.h"
#include "chaos/faults/guardian.h"
#include "chaos/run/verbs.h"
#include "chaos/toolkit/toolkit.h"
#include "chaos/tour/tour.h"

namespace {

using namespace multiaz;
using namespace multiaz::chaos;

void add_engines(CLI::App& app, Engines& engines) {
  app.add_option("--cache-engine", engines.cache, "ours, or Redis as this machine has it")
      ->check(CLI::IsMember({"multiaz", "redis"}));
  app.add_option("--db-engine", engines.db, "ours, or PostgreSQL as this machine has it")
      ->check(CLI::IsMember({"multiaz", "postgres"}));
}

// The engines of a run's cluster; the check of the cluster's file covers their names.
void add_run_engines(CLI::App& app, RunOptions& options) {
  app.add_option("--cache-engine", options.engines.cache, "multiaz or redis");
  app.add_option("--db-engine", options.engines.db, "multiaz or postgres");
}

void add_verdict_files(CLI::App& app, std::string& junit, std::string& summary) {
  app.add_option("--junit", junit, "write the verdict as JUnit XML, a testcase a claim");
  app.add_option("--summary", summary,
                 "add the verdict to a Markdown file (default: $GITHUB_STEP_SUMMARY)");
}

void add_demo(CLI::App& app, DemoOptions& options) {
  app.add_flag("--json", options.json, "print one JSON object last on stdout, the story on stderr");
  app.add_flag("--keep", options.keep, "leave the cluster running and print its URLs");
  app.add_option("--bug", options.bug, "run with a deliberate mistake")
      ->check(CLI::IsMember({"ack-before-replicate"}));
  app.add_option("--name", options.name, "the cluster's name");
  app.add_option("--profile", options.profile, "timings")->check(CLI::IsMember({"fast", "aws"}));
  add_engines(app, options.engines);
  add_verdict_files(app, options.junit, options.summary);
  app.add_option("--only", options.only, "only the faults whose name contains this");
  app.add_option("--seed", options.seed, "what the shoppers do; replays the same shopping lists");
  app.add_option("--shoppers", options.shoppers, "concurrent sessions")
      ->check(CLI::Range(1, 2000))
      ->capture_default_str();
  app.add_option("--repeat", options.repeat, "strike each fault this often")
      ->check(CLI::Range(1, 1000));
}

void add_tour(CLI::App& app, TourOptions& options) {
  app.add_option("STAGE", options.stages, "only these; none = all, in order");
  app.add_flag("--json", options.json, "print one JSON object last on stdout, the story on stderr");
  app.add_option("--html", options.html, "write a page with pictures, numbers and reasons");
  add_engines(app, options.engines);
  app.add_flag("--pause", options.pause, "step by step, with a question before each fault");
  app.add_option("--carts", options.carts, "filled before each fault")
      ->check(CLI::Range(4, 500))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "what the shoppers take")->capture_default_str();
}

void add_check(CLI::App& app, CheckOptions& options) {
  app.add_option("PATH", options.path, "history.jsonl, or a folder with it")->required();
  app.add_flag("--json", options.json, "for programs");
  app.add_flag("--no-digest", options.no_digest,
               "judge a folder that does not say what was in it, or was changed on purpose");
  app.add_option("--edn", options.edn, "also write it for Jepsen's tools");
}

void add_run(CLI::App& app, ScenarioWords& words) {
  app.add_option("SCENARIO", words.scenarios,
                 "names (`multiaz chaos list`), FILE.toml, an AWS FIS template FILE.json, or all")
      ->required();
  app.add_option("--seed", words.seed, "replays targets, arrivals and values; default: the file's");
  app.add_option("--seeds", words.seeds, "so many seeds, one after the other")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--time-scale", words.time_scale, "of AWS FIS templates: 0.05 makes PT10M 30 s")
      ->check(CLI::Range(0.0001, 100.0));
  app.add_flag("--control", words.options.control, "the same without the faults");
  app.add_flag("--with-control", words.with_control,
               "without the faults first, and the report lays both side by side");
  app.add_option("--bug", words.options.bug, "with a deliberate mistake in the replication");
  app.add_option("--name", words.options.cluster, "a running cluster instead of one of its own");
  app.add_option("--shoppers", words.options.shoppers, "instead of the scenario's")
      ->check(CLI::Range(0, 2000));
  app.add_option("--max-outage", words.max_outages,
                 "cart=2s: a longer one is violated; of browse, cart, order, named");
  add_run_engines(app, words.options);
  app.add_option("--out", words.out, "folder of the run; default multiaz-runs/NAME-SEED");
  app.add_option("--deadline-ms", words.options.deadline_ms, "all faults are over by then");
  app.add_flag("--json", words.json, "one JSON object a run, the last line of it on stdout");
  add_verdict_files(app, words.junit, words.summary);
}

void add_list(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "for programs");
}

void add_validate(CLI::App& app, std::vector<std::string>& files) {
  app.add_option("FILE", files, "scenarios")->required();
}

void add_inject(CLI::App& app, InjectWords& words) {
  app.add_option("KIND", words.spec.kind, "see below")->required();
  app.add_option("TARGET", words.spec.target, "an instance, role, tier, zone or any:TIER");
  app.add_option("TO", words.spec.to, "the other end, of links");
  app.add_option("--for", words.duration, "500ms, 5s, 2m: it heals by itself then");
  app.add_option("--for-ms", words.spec.for_ms, "the same in milliseconds");
  app.add_option("--set", words.settings, "KEY=VALUE: percent=50, delay_ms=20, point=back, ...");
  app.add_option("--name", words.cluster, "of the running cluster");
  app.footer("\nThe kinds [and their keys]:\n" +
             fault_help({FaultScope::kAct, FaultScope::kLink, FaultScope::kProcess}));
}

void add_shrink(CLI::App& app, ShrinkWords& words) {
  app.add_option("SCENARIO", words.scenario, "a name or FILE.toml: one that fails")->required();
  app.add_option("--seed", words.seed, "default: the file's");
  app.add_option("--times", words.times, "a plan that holds so often is taken to be good")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--max-runs", words.runs_max, "then it ends with what it has")
      ->check(CLI::Range(2, 10'000))
      ->capture_default_str();
  app.add_option("--bug", words.options.bug, "with a deliberate mistake in the replication");
  add_run_engines(app, words.options);
  app.add_option("--out", words.out, "folder; default multiaz-runs/NAME-SEED-shrunk");
}

void add_load(CLI::App& app, LoadWords& words) {
  app.add_option("--for", words.duration, "500ms, 10s, 2m")->capture_default_str();
  app.add_option("--shoppers", words.workload.shoppers, "sessions that wait for their answers")
      ->check(CLI::Range(0, 2000))
      ->capture_default_str();
  app.add_option("--arrivals", words.workload.arrivals_per_s,
                 "actions a second that come whatever happens")
      ->check(CLI::Range(0, 10'000));
  app.add_option("--think-ms", words.think_ms, "between two actions of a shopper; 0: none")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  app.add_option("--seed", words.seed, "of what they do");
  app.add_flag("--no-record", words.no_record, "counts only: what does recording cost?");
  app.add_option("--name", words.cluster, "of the running cluster");
  app.add_flag("--json", words.json, "for programs");
}

void add_monkey(CLI::App& app, MonkeyWords& words) {
  app.add_option("--for", words.duration, "90s, 10m, 1h")->capture_default_str();
  app.add_option("--seed", words.plan.seed, "of the plan and the load");
  app.add_option("--at-once", words.plan.at_once, "faults in force at the same time")
      ->check(CLI::Range(1, 4))
      ->capture_default_str();
  app.add_option("--out", words.out, "folder for rounds that found something");
  app.add_flag("--json", words.json, "only the last line on stdout, one object");
}

void add_bugs(CLI::App& app, BugWords& words) {
  app.add_option("--only", words.only, "one of them");
  app.add_option("--times", words.times, "of each, with seeds of their own")
      ->check(CLI::Range(1, 1000));
  app.add_option("--out", words.out, "folder for runs that caught nothing");
  app.add_flag("--json", words.json, "one array, the last line on stdout");
}

void add_toolkit(CLI::App& app, ToolkitWords& words) {
  app.add_option("FILE", words.file, "experiment.json")->required();
  app.add_option("--journal", words.journal, "file to write")->capture_default_str();
  app.add_option("--junit", words.junit, "write the verdict as JUnit XML");
  app.add_option("--summary", words.summary, "add the verdict to a Markdown file");
  app.add_option("--exit-compat", words.compat, "exit codes of the original")
      ->check(CLI::IsMember({"chaostoolkit"}));
  app.add_flag("--validate", words.validate, "read it and say what is wrong; run nothing");
}

void add_guard(CLI::App& app, std::string& api) {
  app.group("");  // not in the help: chaos itself starts this verb
  app.add_option("API", api);
}

int guard_verb(const std::string& api) {
  const char* token = std::getenv("MULTIAZ_TOKEN");
  const auto address = rt::parse_address(api);
  if (!address || token == nullptr) return kExitBadInput;
  return rt::run(guard(STDIN_FILENO, *address, token));
}

int finished(int code) {
  return code;
}
int finished(rt::Task<int> task) {
  return rt::run(std::move(task));
}

class Verbs {
 public:
  explicit Verbs(CLI::App& app) : app_(app) {}

  template <typename Words, typename Verb>
  void add(const char* name, const char* about, void (*options)(CLI::App&, Words&), Verb verb) {
    auto words = std::make_shared<Words>();
    CLI::App* app = app_.add_subcommand(name, about);
    options(*app, *words);
    verbs_.emplace_back(app, [words, verb] { return finished(verb(*words)); });
  }
  int run() const {
    for (const auto& [app, verb] : verbs_) {
      if (app->parsed()) return verb();
    }
    return kExitBadInput;
  }

 private:
  CLI::App& app_;
  std::vector<std::pair<CLI::App*, std::function<int()>>> verbs_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("multiaz chaos");
  app.require_subcommand(1);
  Verbs verbs(app);
  verbs.add("demo", "start, shop, break everything in turn, judge", add_demo, demo);
  verbs.add("tour", "the course's architectures under the same faults", add_tour, tour);
  verbs.add("check", "judge a recorded history again, offline", add_check, check);
  verbs.add("run", "run scenarios: load, faults, verdict, report", add_run, run_verb);
  verbs.add("list", "the scenarios that come along", add_list, list_verb);
  verbs.add("validate", "what is wrong with scenario files; runs nothing", add_validate,
            validate_verb);
  verbs.add("inject", "one fault on a running cluster, held and healed", add_inject, inject_verb);
  verbs.add("shrink", "the smallest part of a failing plan that still fails", add_shrink,
            shrink_verb);
  verbs.add("load", "shoppers and probes on a running cluster, without faults", add_load,
            load_verb);
  verbs.add("monkey", "random faults, round after round, each round judged", add_monkey,
            monkey_verb);
  verbs.add("bugs", "known mistakes, switched on: which checker catches which?", add_bugs,
            bugs_verb);
  verbs.add("toolkit", "run a Chaos Toolkit experiment, with our verdict", add_toolkit,
            toolkit_verb);
  verbs.add("guard", "", add_guard, guard_verb);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitBadInput;
  }
  log::start("chaos", log::Level::kWarn);
  return verbs.run();
}
