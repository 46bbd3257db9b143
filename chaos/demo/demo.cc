#include "chaos/demo/demo.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/rt/sync.h"
#include "chaos/experiment/books.h"
#include "chaos/experiment/round.h"
#include "chaos/judge/judge.h"
#include "chaos/judge/rounds.h"
#include "chaos/plan/scenario_file.h"
#include "chaos/verdict_files.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kWarmUpMs = 2'500;
constexpr uint64_t kSettleMs = 800;  // pause after each recovery
constexpr uint64_t kRecoveryMsMax = 20'000;

struct Step {
  const char* name;
  const char* scenario;     // examples/scenarios
  std::vector<Path> paths;  // the outage is that of the worst of these
};

const std::vector<Step>& demo_steps() {
  const std::vector<Path> all = {std::begin(kShopPaths), std::end(kShopPaths)};
  const std::vector<Path> cart = {Path::kCart}, order = {Path::kOrder};
  static const std::vector<Step> kSteps = {
      {"kill web", "web-killed", all},
      {"kill lb", "lb-killed", all},
      {"kill cache:primary", "cache-primary-killed", cart},
      {"kill db:primary", "db-primary-killed", order},
      {"kill orchestrator", "control-plane-killed", all},
      {"stop cache:primary", "cache-primary-stopped", cart},
      {"cut db:primary 1s, then kill", "db-primary-cut-then-killed", order},
      {"cut cache:primary 1s, then kill", "cache-primary-cut-then-killed", cart},
      {"kill zone of both primaries", "zone-of-the-primary-down", all},
  };
  return kSteps;
}

class Demo {
 public:
  explicit Demo(DemoOptions options)
      : options_(std::move(options)), testbed_([this] { load_.stop(); }) {}

  rt::Task<int> run();

 private:
  void tell(const std::string& text) const;
  rt::Task<Status> begin();
  rt::Task<void> play();
  rt::Task<void> play_all();
  rt::Task<void> play_step(const Step& step);
  rt::Task<void> close_shop();
  int judge_and_print();

  DemoOptions options_;
  DemoReport report_;
  RunRecord& record_ = report_.record;
  rt::Nursery load_;
  Testbed testbed_;
  std::unique_ptr<Shoppers> shoppers_;
};

// Prints the progress; in --json mode stdout is for the one object alone.
void Demo::tell(const std::string& text) const {
  const double at = static_cast<double>(monotonic_now() - record_.began) / kSecond;
  say(options_.json ? stderr : stdout, fmt::format("{:6.2f}s  {}", at, text));
}

rt::Task<Status> Demo::begin() {
  record_.began = monotonic_now();
  Scenario& all = record_.scenario;
  all.name = "multiaz demo";
  all.seed = options_.seed;
  all.workload = Workload();
  all.workload.shoppers = record_.load_planned = options_.shoppers;
  all.workload.cache_registers = all.workload.db_registers = all.workload.db_sets = 0;
  all.workload.db_cas = all.workload.replica_readers = 0;
  TestbedOptions testbed;
  testbed.up.name = options_.name.empty() ? "demo-" + std::to_string(getpid()) : options_.name;
  testbed.up.profile = options_.profile;
  testbed.up.engines = options_.engines;
  testbed.up.bug = options_.bug;
  testbed.up.keep = options_.keep;
  co_return co_await testbed_.begin(std::move(testbed));
}

rt::Task<void> Demo::play_step(const Step& step) {
  auto scenario = load_scenario(step.scenario);
  if (!scenario) {
    report_.problem = scenario.error().detail;
    co_return;
  }
  RoundPlan plan;
  plan.name = step.name;
  plan.paths = step.paths;
  plan.scenario = std::move(*scenario);
  plan.scenario.workload.recover_ms_max = plan.healthy_ms_max = kRecoveryMsMax;
  plan.healthy_in_a_row = 1;  // the cluster was healthy for a long time before
  const bool ready = co_await make_ready(testbed_, plan, record_);
  if (!ready) {
    report_.problem = "not healthy before \"" + plan.name + "\": " + record_.problem;
    co_return;
  }
  PathsInUse load(shoppers_->timeline());
  load.paths = step.paths;
  load.quiet_ms = kSettleMs;
  co_await play_round(testbed_, plan, load, record_);
  co_await testbed_.events().catch_up();
  record_.events = testbed_.events().all();
  record_.requests = shoppers_->timeline().all();
  const RoundRecord& round = record_.rounds.back();
  const RoundFigures seen = figures_of(record_, round);
  tell(plan.name + ": " + seen.proof);
  tell(fmt::format(
      "        {}{}noticed after {} ms, outage {} ms, {} failed requests, whole again after {} ms",
      seen.took_over.empty() ? "" : seen.took_over + " took over; ",
      round.whole ? "" : "NOT RECOVERED; ", seen.detect_ms, seen.outage_ms, seen.failed,
      seen.whole_again_ms));
}

rt::Task<void> Demo::play_all() {
  for (const Step& step : demo_steps()) {
    if (std::string_view(step.name).find(options_.only) == std::string_view::npos) continue;
    for (size_t i = 0; i < options_.repeat && !testbed_.interrupted(); ++i) {
      if (report_.problem.empty()) co_await play_step(step);
    }
  }
}

rt::Task<void> Demo::close_shop() {
  const Wholeness end = co_await wait_until_whole(testbed_, {}, kRecoveryMsMax, 1);
  record_.whole_after = end.whole;
  tell("the shop is closed; reading every cart and every order again");
  co_await read_books(testbed_.cluster(), *shoppers_, record_);
}

rt::Task<void> Demo::play() {
  tell(fmt::format("the cluster serves at {}; first page {} ms after up",
                   testbed_.cluster().facts().shop_url, report_.start_ms));
  co_await open_books(testbed_.cluster(), record_);
  ShopperConfig config;
  config.shop = testbed_.cluster().facts().shop;
  config.seed = options_.seed;
  config.shoppers = options_.shoppers;
  shoppers_ = std::make_unique<Shoppers>(config);
  shoppers_->open_shop(load_);
  tell(fmt::format("{} shoppers come in (seed {})", options_.shoppers, options_.seed));
  (void)co_await rt::sleep_ms(kWarmUpMs, testbed_.stop());
  report_.memory_mb = co_await testbed_.cluster().memory_mb();
  tell("all processes together: " + std::to_string(report_.memory_mb) + " MB");
  co_await rt::joined(load_, play_all());
  co_await close_shop();
  co_await close_books(testbed_.cluster(), testbed_.events(), record_);
}

int Demo::judge_and_print() {
  record_.healthy_before = true;
  record_.interrupted = testbed_.interrupted();
  record_.problem = report_.problem;
  Verdict verdict = judge(record_).verdict;
  if (!report_.problem.empty()) {
    verdict.claims.push_back(
        {"the cluster is healthy before each fault", Ruling::kUnhealthy, report_.problem});
  }
  verdict.replay = fmt::format("multiaz demo --seed {}", options_.seed);
  if (!options_.only.empty()) verdict.replay += " --only '" + options_.only + "'";
  for (const auto& [option, value] : {std::pair{" --bug ", options_.bug},
                                      {" --cache-engine ", options_.engines.cache},
                                      {" --db-engine ", options_.engines.db}}) {
    if (!value.empty()) verdict.replay += option + value;
  }
  uint64_t longest_ms = 0;
  for (const RoundRecord& round : record_.rounds) {
    longest_ms = std::max(longest_ms, figures_of(record_, round).outage_ms);
  }
  verdict.headline = "away at most " + with_commas(longest_ms) + " ms; " + failed_words(record_) +
                     "; " + lost_words(record_.reading);
  write_verdict(verdict, options_.junit, options_.summary);
  const int code = exit_code(verdict.worst());
  report_.ok = code == 0;
  report_.headline = verdict.headline;
  std::fputs(report_text(report_).c_str(), options_.json ? stderr : stdout);
  if (options_.keep) tell("still running: " + testbed_.cluster().facts().summary);
  if (code != 0) {
    for (const Claim& claim : verdict.claims) {
      if (claim.ruling == Ruling::kHolds) continue;
      say(stderr, fmt::format("{}: {}: {}", to_string(claim.ruling), claim.name, claim.text));
    }
  }
  if (options_.json) say(stdout, report_json(report_));
  return code;
}

rt::Task<int> Demo::run() {
  const Status begun = co_await begin();
  if (!begun) co_return complain_about(begun.error());
  report_.start_ms = testbed_.cluster().facts().start_ms;
  co_await testbed_.during(play());
  const Status left = co_await testbed_.leave();
  if (!left) {
    tell(left.error().text());
    record_.residue.push_back(left.error().text());
  }
  record_.ended = monotonic_now();
  record_.clean = record_.residue.empty();
  report_.clean = record_.clean && !options_.keep;
  report_.elapsed_ms = (record_.ended - record_.began) / kMillisecond;
  co_return judge_and_print();
}

}  // namespace

rt::Task<int> demo(DemoOptions options) {
  const Status outputs =
      check_output_files({{"--junit", options.junit}, {"--summary", options.summary}});
  if (!outputs) co_return complain_about(outputs.error());
  Demo run(std::move(options));
  co_return co_await run.run();
}

}  // namespace multiaz::chaos
