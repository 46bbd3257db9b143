#include "chaos/run/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "base/faults/words.h"
#include "base/rt/loop.h"
#include "chaos/faults/guardian.h"
#include "chaos/run/bugs.h"
#include "chaos/run/load.h"
#include "chaos/run/monkey.h"
#include "chaos/run/shrink.h"
#include "chaos/run/verbs.h"
#include "chaos/toolkit/toolkit.h"

namespace multiaz::chaos {

struct RunVerbs::Words {
  CLI::App *run, *list, *validate, *inject, *guard, *monkey, *bugs, *toolkit, *load, *shrink;
  ShrinkWords smaller;
  LoadWords traffic;
  ToolkitWords experiment;
  std::string compat;
  BugWords mistakes;
  MonkeyWords random;
  ScenarioWords scenario;
  InjectWords fault;
  std::vector<std::string> files;
  bool json = false;
  std::string api;
};

namespace {

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
  app.add_option("--cache-engine", words.options.cache_engine, "multiaz or redis");
  app.add_option("--db-engine", words.options.db_engine, "multiaz or postgres");
  app.add_option("--out", words.out, "folder of the run; default multiaz-runs/NAME-SEED");
  app.add_option("--deadline-ms", words.options.deadline_ms, "all faults are over by then");
  app.add_flag("--json", words.json, "one JSON object a run, the last line of it on stdout");
  app.add_option("--junit", words.junit, "write the verdict as JUnit XML, a testcase a claim");
  app.add_option("--summary", words.summary,
                 "add the verdict to a Markdown file (default: $GITHUB_STEP_SUMMARY)");
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
  app.add_option("--cache-engine", words.options.cache_engine, "multiaz or redis");
  app.add_option("--db-engine", words.options.db_engine, "multiaz or postgres");
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

void add_toolkit(CLI::App& app, ToolkitWords& words, std::string& compat) {
  app.add_option("FILE", words.file, "experiment.json")->required();
  app.add_option("--journal", words.journal, "file to write")->capture_default_str();
  app.add_option("--junit", words.junit, "write the verdict as JUnit XML");
  app.add_option("--summary", words.summary, "add the verdict to a Markdown file");
  app.add_option("--exit-compat", compat, "exit codes of the original")
      ->check(CLI::IsMember({"chaostoolkit"}));
  app.add_flag("--validate", words.validate, "read it and say what is wrong; run nothing");
}

}  // namespace

RunVerbs::RunVerbs(CLI::App& app) : words_(std::make_unique<Words>()) {
  Words& w = *words_;
  w.run = app.add_subcommand("run", "run scenarios: load, faults, verdict, report");
  add_run(*w.run, w.scenario);
  w.list = app.add_subcommand("list", "the scenarios that come along");
  w.list->add_flag("--json", w.json, "for programs");
  w.validate = app.add_subcommand("validate", "what is wrong with scenario files; runs nothing");
  w.validate->add_option("FILE", w.files, "scenarios")->required();
  w.inject = app.add_subcommand("inject", "one fault on a running cluster, held and healed");
  add_inject(*w.inject, w.fault);
  w.shrink = app.add_subcommand("shrink", "the smallest part of a failing plan that still fails");
  add_shrink(*w.shrink, w.smaller);
  w.load = app.add_subcommand("load", "shoppers and probes on a running cluster, without faults");
  add_load(*w.load, w.traffic);
  w.monkey = app.add_subcommand("monkey", "random faults, round after round, each round judged");
  w.monkey->add_option("--for", w.random.duration, "90s, 10m, 1h")->capture_default_str();
  w.monkey->add_option("--seed", w.random.plan.seed, "of the plan and the load");
  w.monkey->add_option("--at-once", w.random.plan.at_once, "faults in force at the same time")
      ->check(CLI::Range(1, 4))
      ->capture_default_str();
  w.monkey->add_option("--out", w.random.out, "folder for rounds that found something");
  w.monkey->add_flag("--json", w.random.json, "only the last line on stdout, one object");
  w.bugs = app.add_subcommand("bugs", "known mistakes, switched on: which checker catches which?");
  w.bugs->add_option("--only", w.mistakes.only, "one of them");
  w.bugs->add_option("--times", w.mistakes.times, "of each, with seeds of their own")
      ->check(CLI::Range(1, 1000));
  w.bugs->add_option("--out", w.mistakes.out, "folder for runs that caught nothing");
  w.bugs->add_flag("--json", w.mistakes.json, "one array, the last line on stdout");
  w.toolkit = app.add_subcommand("toolkit", "run a Chaos Toolkit experiment, with our verdict");
  add_toolkit(*w.toolkit, w.experiment, w.compat);
  w.guard = app.add_subcommand("guard", "")->group("");  // for chaos itself
  w.guard->add_option("API", w.api);
}

RunVerbs::~RunVerbs() = default;

std::optional<int> RunVerbs::run() {
  Words& w = *words_;
  if (w.run->parsed()) return rt::run(run_verb(w.scenario));
  if (w.list->parsed()) return list_verb(w.json);
  if (w.validate->parsed()) return validate_verb(w.files);
  if (w.inject->parsed()) return rt::run(inject_verb(w.fault));
  if (w.shrink->parsed()) return rt::run(shrink_verb(w.smaller));
  if (w.load->parsed()) return rt::run(load_verb(w.traffic));
  if (w.monkey->parsed()) return rt::run(monkey_verb(w.random));
  if (w.bugs->parsed()) return rt::run(bugs_verb(w.mistakes));
  if (w.toolkit->parsed()) {
    w.experiment.compat = !w.compat.empty();
    return rt::run(toolkit_verb(w.experiment));
  }
  if (w.guard->parsed()) {
    const char* token = std::getenv("MULTIAZ_TOKEN");
    const auto api = rt::parse_address(w.api);
    if (!api || token == nullptr) return kExitBadInput;
    return rt::run(guard(STDIN_FILENO, *api, token));
  }
  return std::nullopt;
}

}  // namespace multiaz::chaos
