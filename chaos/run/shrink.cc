#include "chaos/run/shrink.h"

#include <cstdio>
#include <filesystem>
#include <set>

#include "chaos/experiment/testbed.h"
#include "chaos/plan/scenario_file.h"
#include "chaos/plan/shrink.h"
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
  std::string out;
  for (const FaultSpec& fault : scenario.faults) {
    out += (out.empty() ? "" : ", ") + fault.kind + " " + fault.target;
    if (fault.for_ms > 0) out += " " + std::to_string(fault.for_ms) + " ms";
  }
  return std::to_string(scenario.faults.size()) + " faults (" + out + ")";
}

// Runs plans, and knows which claim it is about.
struct Trial {
  const ShrinkWords& words;
  std::string out;
  std::set<std::string> about;  // the claims of the first failure; empty: any
  uint64_t runs = 0;

  // Whether one of so many runs violates such a claim; its folder is kept then.
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
  if (const Status made = check_output_folder(out); !made) {
    co_return complain_about(Error(Code::kInvalid, "--out: " + made.error().detail));
  }
  Trial trial{words, out, {}, 0};
  const auto failed = co_await trial.fails(*scenario);
  if (!failed) co_return complain_about(failed.error());
  if (!*failed) {
    std::printf("it did not fail in %llu runs: nothing to make smaller\n",
                static_cast<unsigned long long>(trial.runs));
    co_return exit_code(Ruling::kInconclusive);
  }
  std::string claims;
  for (const std::string& claim : trial.about) claims += "\n  violated: " + claim;
  std::printf("%s fail:%s\n", plan_text(*scenario).c_str(), claims.c_str());
  std::fflush(stdout);
  Shrinker shrinker(std::move(*scenario));
  while (trial.runs < words.runs_max) {
    auto candidate = shrinker.next();
    if (!candidate) break;
    const std::string text = plan_text(*candidate);
    const auto fails = co_await trial.fails(std::move(*candidate));
    if (!fails) co_return complain_about(fails.error());
    shrinker.told(*fails);
    std::printf("  %s: %s\n", text.c_str(), *fails ? "still fails" : "holds");
    std::fflush(stdout);
  }
  std::printf("after %llu runs: %s\nits plan: %s/smallest/scenario.toml\n",
              static_cast<unsigned long long>(trial.runs), plan_text(shrinker.smallest()).c_str(),
              out.c_str());
  co_return 0;
}

}  // namespace multiaz::chaos
