// replication_simulator: runs seeds, prints the first line of every failure and a coverage report.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <optional>

#include "replication/sim/coverage.h"
#include "replication/sim/explore.h"
#include "replication/sim/scenarios.h"
#include "replication/sim/shrink.h"

namespace {

using multiaz::replication::Bug;
using multiaz::replication::bug_from;
using multiaz::replication::bug_names;
using namespace multiaz::replication::sim;

struct Arguments {
  uint64_t seeds = 100;
  uint64_t first = 1;
  std::optional<uint64_t> seed;
  std::string bug = "none";
  std::string scenario;
  bool trace = false;
  bool events = false;
  bool liveness = false;
  bool twice = false;
  bool coverage = false;
  bool shrink = false;
  bool exhaustive = false;
  bool large = false;
  std::string story;
  uint64_t runs_max = 5'000'000;
  uint64_t failures_max = 10;
};

struct Totals {
  uint64_t runs = 0, failures = 0, views = 0;
  Clients::Counts counts;
  Coverage coverage;
};

void add(Totals& totals, const RunResult& result) {
  ++totals.runs;
  totals.views += result.views;
  totals.counts.writes_ok += result.counts.writes_ok;
  totals.counts.reads_ok += result.counts.reads_ok;
  totals.counts.replica_reads += result.counts.replica_reads;
  totals.counts.definite += result.counts.definite;
  totals.counts.in_doubt += result.counts.in_doubt;
  for (const auto& [what, times] : result.coverage) totals.coverage[what] += times;
}

RunResult run_seed(const Arguments& arguments, Bug bug, uint64_t seed) {
  const RunOptions options{seed, bug, arguments.liveness, arguments.trace || arguments.twice,
                           arguments.events};
  RunResult result = simulate(options);
  if (arguments.twice && simulate(options).trace != result.trace)
    result.violation = {"not-deterministic", "two runs of one seed differ", 0};
  return result;
}

// Prints the failing plan, made as small as possible, and its trace.
void print_shrunk(const Arguments& arguments, Bug bug, uint64_t seed) {
  Plan plan = plan_from({seed, bug, arguments.liveness, true, arguments.events});
  const size_t faults = plan.strikes.size();
  const Shrunk small = shrink(std::move(plan));
  std::cout << "shrunk from " << faults << " to " << small.plan.strikes.size() << " faults in "
            << small.runs << " runs, to\n"
            << describe(small.plan) << "which is\n"
            << small.result.trace << small.result.violation.check << ": "
            << small.result.violation.detail << "\n";
}

int run_scenario(const std::string& name) {
  for (const Scenario& scenario : scenarios()) {
    if (scenario.name != name) continue;
    const ScenarioResult result = play(scenario);
    std::cout << result.trace;
    return result.violation.check.empty() ? 0 : 1;
  }
  for (const Scenario& scenario : scenarios())
    std::cerr << scenario.name << "  " << scenario.title << "\n";
  return 254;
}

int run_exhaustive(const Arguments& arguments, Bug bug) {
  int failed = 0;
  uint64_t known = 0;
  for (const SmallStory& story : small_stories()) {
    if (!arguments.story.empty() && story.name != arguments.story) continue;
    ++known;
    if (story.large && !arguments.large && arguments.story.empty()) {
      std::printf("%-26s left out, takes minutes: --large\n", std::string(story.name).c_str());
      continue;
    }
    const Exploration found = explore(story, bug, arguments.runs_max);
    std::printf("%-26s %9lu states %9lu runs %7lu ends, up to %u choices, %s: %s\n",
                std::string(story.name).c_str(), found.states, found.runs, found.ends,
                found.choices_max, found.complete ? "complete" : "NOT complete",
                std::string(story.title).c_str());
    std::fflush(stdout);
    if (!found.complete) ++failed;
    if (found.violation.check.empty()) continue;
    std::cout << found.trace << found.violation.check << ": " << found.violation.detail << "\n";
  }
  if (known == 0) {
    std::cerr << "--story " << arguments.story << ": must be one of";
    for (const SmallStory& story : small_stories()) std::cerr << " " << story.name;
    std::cerr << "\n";
    return 254;
  }
  return failed == 0 ? 0 : 1;
}

int run(const Arguments& arguments) {
  if (!arguments.scenario.empty()) return run_scenario(arguments.scenario);
  const auto bug = bug_from(arguments.bug);
  if (!bug) {
    std::cerr << "--bug " << arguments.bug << ": must be one of";
    for (const std::string_view name : bug_names()) std::cerr << " " << name;
    std::cerr << "\n";
    return 254;
  }
  if (arguments.exhaustive || !arguments.story.empty()) return run_exhaustive(arguments, *bug);
  const uint64_t first = arguments.seed.value_or(arguments.first);
  const uint64_t count = arguments.seed ? 1 : arguments.seeds;
  Totals totals;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const RunResult result = run_seed(arguments, *bug, seed);
    add(totals, result);
    if (arguments.trace) std::cout << result.trace;
    if (result.ok()) continue;
    ++totals.failures;
    std::cout << "seed " << seed << " at " << result.violation.at / multiaz::kMillisecond
              << " ms: " << result.violation.check << ": " << result.violation.detail << "\n";
    if (arguments.shrink) print_shrunk(arguments, *bug, seed);
    if (totals.failures >= arguments.failures_max) break;
  }
  if (arguments.coverage)
    for (const auto& [what, times] : totals.coverage)
      std::printf("%10lu %s\n", times, what.c_str());
  const bool campaign = count >= kCoverageSeedsMin && *bug == Bug::kNone && !arguments.liveness;
  const auto missing = campaign ? missing_coverage(totals.coverage) : std::vector<std::string>();
  for (const std::string& name : missing) std::printf("never exercised: %s\n", name.c_str());
  std::printf(
      "%lu runs, %lu failed; %lu views, %lu writes and %lu reads acknowledged, %lu replica "
      "reads, %lu refused, %lu in doubt\n",
      totals.runs, totals.failures, totals.views, totals.counts.writes_ok, totals.counts.reads_ok,
      totals.counts.replica_reads, totals.counts.definite, totals.counts.in_doubt);
  return totals.failures == 0 && missing.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Deterministic simulation of a replication group");
  app.add_option("--seeds", arguments.seeds, "how many seeds to run");
  app.add_option("--first", arguments.first, "the first of them");
  app.add_option("--seed", arguments.seed, "run this one only");
  app.add_option("--bug", arguments.bug, "a known mistake to switch on");
  app.add_option("--scenario", arguments.scenario, "play a named scenario: T01, T02, ...");
  app.add_option("--failures", arguments.failures_max, "stop after so many failures");
  app.add_flag("--trace", arguments.trace, "print every move");
  app.add_flag("--events", arguments.events, "with --trace: every event and effect too");
  app.add_flag("--liveness", arguments.liveness, "one fault that never ends");
  app.add_flag("--twice", arguments.twice, "run each seed twice and compare the traces");
  app.add_flag("--exhaustive", arguments.exhaustive, "all orders of a few events in small worlds");
  app.add_flag("--large", arguments.large,
               "with --exhaustive: the small worlds that take minutes, too");
  app.add_option("--story", arguments.story, "with --exhaustive: only this small world");
  app.add_option("--runs", arguments.runs_max, "with --exhaustive: at most, for each world");
  app.add_flag("--shrink", arguments.shrink, "make each failing plan smaller, and print its trace");
  app.add_flag("--coverage", arguments.coverage, "print what was exercised how often");
  CLI11_PARSE(app, argc, argv);
  return run(arguments);
}
