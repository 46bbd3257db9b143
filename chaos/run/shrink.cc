
#include "chaos/plan/shrink.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <set>

#include "chaos/experiment/testbed.h"
#include "chaos/plan/scenario_file.h"
#include "chaos/run/verbs.h"
#include "chaos/verdict_files.h"

namespace multiaz::chaos {

namespace {

std::set<std::string> violated_claims(const JudgedRun& judged) {
  std::set<std::string> out;
  for (const Claim& claim : judged.verdict.claims) {
    if (claim.ruling == Ruling::kViolated) out.insert(claim.name);
  }
  return out;
}

std::string plan_text(const Scenario& scenario) {
  std::vector<std::string> out;
  for (const FaultSpec& fault : scenario.faults) {
    out.push_back(fault.kind + " " + fault.target);
    if (fault.for_ms > 0) out.back() += fmt::format(" {} ms", fault.for_ms);
  }
  return fmt::format("{} faults ({})", out.size(), fmt::join(out, ", "));
}

// Runs plans, and knows the claims that must fail again.
struct Trial {
  const ShrinkWords& words;
  std::string out;
  std::set<std::string> about;  // the claims of the first failure; empty: any
  uint64_t runs = 0;

  // Whether one of `words.times` runs violates such a claim; its folder is kept then.
  rt::Task<Result<bool>> fails(Scenario scenario);
};

rt::Task<Result<bool>> Trial::fails(Scenario scenario) {
  const std::string tried = out + "/try", kept = out + "/smallest";
  for (uint64_t i = 0; i < words.times && runs < words.runs_max; ++i) {
    ++runs;
    RunOptions options = words.options;
    options.quiet = true;
    options.folder = tried;
    Scenario same = scenario;
    const auto done = co_await run_scenario(std::move(same), std::move(options));
    if (!done) co_return done.error();
    bool same_claim = false;
    for (const std::string& claim : violated_claims(done->judged)) {
      same_claim = same_claim || about.empty() || about.contains(claim);
    }
    std::error_code ignored;
    if (same_claim) {
      if (about.empty()) about = violated_claims(done->judged);
      std::filesystem::remove_all(kept, ignored);
      std::filesystem::rename(tried, kept, ignored);
      co_return true;
    }
    std::filesystem::remove_all(tried, ignored);
  }
  co_return false;
}

}  // namespace

rt::Task<int> shrink_verb(ShrinkWords words) {
  auto scenario = load_scenario(words.scenario);
  if (!scenario) co_return complain_about(scenario.error());
  if (words.seed != 0) scenario->seed = words.seed;
  std::string out = words.out;
  if (out.empty()) out = usual_folder(*scenario) + "-shrunk";
  const Status made = check_output_folder(out);
  if (!made) co_return complain_about(made.error());
  Trial trial{words, out, {}, 0};
  const auto failed = co_await trial.fails(*scenario);
  if (!failed) co_return complain_about(failed.error());
  if (!*failed) {
    say(stdout, fmt::format("it did not fail in {} runs: nothing to make smaller", trial.runs));
    co_return exit_code(Ruling::kInconclusive);
  }
  std::string claims;
  for (const std::string& claim : trial.about) claims += "\n  violated: " + claim;
  say(stdout, fmt::format("{} fail:{}", plan_text(*scenario), claims));
  Shrinker shrinker(std::move(*scenario));
  while (trial.runs < words.runs_max) {
    auto candidate = shrinker.next();
    if (!candidate) break;
    const std::string text = plan_text(*candidate);
    const auto fails = co_await trial.fails(std::move(*candidate));
    if (!fails) co_return complain_about(fails.error());
    shrinker.told(*fails);
    say(stdout, fmt::format("  {}: {}", text, *fails ? "still fails" : "holds"));
  }
  say(stdout, fmt::format("after {} runs: {}\nits plan: {}/smallest/scenario.toml", trial.runs,
                          plan_text(shrinker.smallest()), out));
  co_return 0;
}

}  // namespace multiaz::chaos
