// control_simulator: runs seeds of the simulated control plane and prints the first failures.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <optional>

#include "base/core/log.h"
#include "orchestrator/sim/simulate.h"
#include "orchestrator/sim/stories.h"

namespace {

using multiaz::orchestrator::all_mistakes;
using multiaz::orchestrator::Mistake;
using namespace multiaz::orchestrator::sim;

struct Arguments {
  uint64_t seeds = 100, first = 1, failures_max = 5;
  std::optional<uint64_t> seed;
  std::string bug = "none", story;
  bool trace = false, coverage = false, bugs = false;
};

std::optional<Mistake> mistake_from(const std::string& name) {
  if (name == "none") return Mistake::kNone;
  for (const Mistake one : all_mistakes()) {
    if (to_string(one) == name) return one;
  }
  std::cerr << "--bug " << name << ": must be one of none";
  for (const Mistake one : all_mistakes()) std::cerr << " " << to_string(one);
  std::cerr << "\n";
  return std::nullopt;
}

void print(uint64_t seed, const RunResult& result) {
  std::cout << result.trace << "seed " << seed << ": "
            << (result.ok() ? "good" : result.violation.check + ": " + result.violation.detail)
            << " at " << result.violation.at / multiaz::kMillisecond << " ms\n";
}

// Returns the first seed that catches the mistake; 0: none does.
uint64_t caught_by(Mistake mistake, uint64_t seeds, std::string& how) {
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const RunResult result = simulate(seed, mistake);
    if (result.ok()) continue;
    how = result.violation.check + ": " + result.violation.detail;
    return seed;
  }
  return 0;
}

int run_bugs(uint64_t seeds) {
  int missed = 0;
  for (const Mistake one : all_mistakes()) {
    std::string how;
    const uint64_t seed = caught_by(one, seeds, how);
    if (seed == 0) ++missed;
    std::printf("%-24s %s\n", std::string(to_string(one)).c_str(),
                seed == 0 ? "NOT CAUGHT" : ("seed " + std::to_string(seed) + ", " + how).c_str());
    std::fflush(stdout);
  }
  return missed == 0 ? 0 : 1;
}

int run_seeds(const Arguments& arguments, Mistake mistake) {
  uint64_t failures = 0;
  multiaz::Nanos simulated = 0;
  std::map<std::string, uint64_t> struck;
  const auto began = std::chrono::steady_clock::now();
  const uint64_t last = arguments.first + arguments.seeds - 1;
  for (uint64_t seed = arguments.first; seed <= last; ++seed) {
    const RunResult result = simulate(seed, mistake, arguments.trace);
    simulated += result.virtual_time;
    for (const auto& [name, times] : result.struck) struck[name] += times;
    if (result.ok()) continue;
    print(seed, result);
    if (++failures >= arguments.failures_max) break;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("control plane: %llu seeds from %llu, %llu failures, %.0f s simulated in %.1f s\n",
              static_cast<unsigned long long>(arguments.seeds),
              static_cast<unsigned long long>(arguments.first),
              static_cast<unsigned long long>(failures),
              static_cast<double>(simulated) / multiaz::kSecond, took.count());
  if (arguments.coverage) {
    for (const auto& [name, times] : struck) {
      std::printf("  %8llu %s\n", static_cast<unsigned long long>(times), name.c_str());
    }
  }
  return failures == 0 ? 0 : 1;
}

int run(const Arguments& arguments) {
  if (!arguments.story.empty()) {
    for (const Story& story : stories()) {
      if (story.name == arguments.story) return std::cout << tell(story), 0;
    }
    for (const Story& story : stories()) std::cerr << story.name << "  " << story.title << "\n";
    return 254;
  }
  if (arguments.bugs) return run_bugs(arguments.seeds);
  const auto mistake = mistake_from(arguments.bug);
  if (!mistake) return 254;
  if (!arguments.seed) return run_seeds(arguments, *mistake);
  const RunResult result = simulate(*arguments.seed, *mistake, true);
  print(*arguments.seed, result);
  return result.ok() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"The simulated control plane"};
  app.add_option("--seeds", arguments.seeds, "how many");
  app.add_option("--first", arguments.first, "the first of them");
  app.add_option("--seed", arguments.seed, "this one alone, with its trace");
  app.add_option("--bug", arguments.bug, "a known mistake (orchestrator/control/mistakes.h)");
  app.add_flag("--bugs", arguments.bugs, "each known mistake until a seed catches it");
  app.add_option("--story", arguments.story, "one of the scripted stories, as a trace");
  app.add_option("--failures", arguments.failures_max, "end after so many");
  app.add_flag("--trace", arguments.trace, "print the traces of failures");
  app.add_flag("--coverage", arguments.coverage, "what was done, how often");
  CLI11_PARSE(app, argc, argv);
  multiaz::log::set_level("error");  // a full disk is a planned fault, so its warnings tell nothing
  return run(arguments);
}
