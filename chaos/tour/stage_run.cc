#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/core/check.h"
#include "base/core/clock.h"
#include "base/rt/sync.h"
#include "chaos/experiment/round.h"
#include "chaos/judge/rounds.h"
#include "chaos/plan/scenario_file.h"
#include "chaos/tour/tour.h"
#include "chaos/tour/walkers.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kBrowseMs = 1500;
constexpr uint64_t kBrowseEveryMs = 20;  // pause of each browser between two requests
constexpr size_t kBrowsers = 6;
constexpr size_t kProductsBrowsed = 40;  // few, so that each is read often
constexpr uint64_t kCanaryEveryMs = 20;
constexpr size_t kBuyers = 8;
constexpr uint64_t kZoneDownMs = 1000;
constexpr uint64_t kQuietMs = 300;  // at least, before a fault and after the recovery
constexpr uint64_t kRecoveryMsMax = 20'000;
constexpr uint64_t kReportMs = 250;  // counters come with reports

struct StageRun {
  const Stage& stage;
  const TourOptions& options;
  Teller tell, before_fault;
  TourRow row;
  std::unique_ptr<Testbed> testbed;
  Cluster* cluster = nullptr;  // owned by the testbed
  Timeline timeline;

  rt::Task<Status> start();
  rt::Task<void> shop(Walkers& walkers);
  rt::Task<void> measure_browsing();
  rt::Task<void> strike(Walkers& walkers, std::string name);
  rt::Task<uint64_t> sum(std::string tier, std::string counter);
  rt::Task<void> try_doors();
  rt::Task<void> run();
  rt::Task<void> run_beside();
};

rt::Task<void> browse(rt::Address shop, Timeline& timeline, uint64_t seed, rt::Stop& stop) {
  Browser browser(shop, timeline);
  Random random(seed);
  while (!stop.requested()) {
    const std::string id = std::to_string(random.between(1, kProductsBrowsed));
    (void)co_await browser.send(Path::kBrowse, "GET", "/api/products/" + id, "");
    (void)co_await rt::sleep_ms(kBrowseEveryMs, stop);
  }
}

// Puts the same lines again and again: an answer proves that carts can be written.
rt::Task<void> cart_canary(rt::Address shop, Timeline& timeline, uint64_t product, rt::Stop& stop) {
  Browser browser(shop, timeline);
  uint64_t round = 0;
  while (!stop.requested()) {
    const std::string line = "c" + std::to_string(round++ % 5);
    (void)co_await browser.send(Path::kCart, "POST", "/api/cart/lines",
                                R"({"line":")" + line + R"(","size":"M","qty":1,"product":)" +
                                    std::to_string(product) + "}");
    (void)co_await rt::sleep_ms(kCanaryEveryMs, stop);
  }
}

rt::Task<Status> StageRun::start() {
  TestbedOptions options_of;
  options_of.up.name = "tour-" + std::to_string(getpid());
  options_of.up.engines = options.engines;
  options_of.topology = stage_toml(stage);
  testbed = std::make_unique<Testbed>();
  const Status begun = co_await testbed->begin(std::move(options_of));
  if (!begun) co_return begun;
  cluster = &testbed->cluster();
  row.start_ms = cluster->facts().start_ms;
  co_return Status();
}

rt::Task<uint64_t> StageRun::sum(std::string tier, std::string counter) {
  uint64_t total = 0;
  const auto instances = co_await cluster->instances();
  if (!instances) co_return 0;
  for (const Instance& one : *instances) {
    if (tier != one.tier && tier != one.tier + ":" + one.role) continue;
    total += co_await cluster->control().counter(one.id, counter);
  }
  co_return total;
}

// The first question of the course: is the cart still there at the next click?
rt::Task<void> StageRun::shop(Walkers& walkers) {
  row.carts = co_await walkers.come_in(options.carts);
  row.carts_lost_next_request = co_await walkers.carts_lost();
  row.request_bytes_p50 = walkers.request_bytes_p50();
  tell(fmt::format(
      "{} carts filled; at the next request {} are not whole; a request weighs {} bytes", row.carts,
      row.carts_lost_next_request, row.request_bytes_p50));
  Walker glutton(cluster->facts().shop, timeline);
  const Fullness full = co_await fill_to_the_brim(glutton, walkers.products());
  if (!full.refusal.empty()) {
    row.lines_at_most = full.lines;
    row.refusal = full.refusal;
    row.whole_after_refusal = full.whole;
    tell(fmt::format("after {} lines the shop says: {}", full.lines, full.refusal));
  }
  if (!stage.accounts) co_return;
  row.orders = co_await walkers.order(kBuyers);
  tell(fmt::format("{} orders", row.orders));
}

rt::Task<void> StageRun::measure_browsing() {
  const uint64_t db_before = co_await sum("db:primary", "statements");
  const uint64_t hits_before = co_await sum("web", "read_cache_hits");
  const uint64_t misses_before = co_await sum("web", "read_cache_misses");
  const Nanos began = monotonic_now();
  rt::Nursery nursery;
  for (size_t i = 0; i < kBrowsers; ++i) {
    nursery.spawn("browse",
                  browse(cluster->facts().shop, timeline, options.seed + i, nursery.stopping()));
  }
  co_await rt::sleep_ms(kBrowseMs);
  nursery.stop();
  co_await nursery.join();
  const Nanos ended = monotonic_now();
  co_await rt::sleep_ms(kReportMs);
  const double seconds = static_cast<double>(ended - began) / kSecond;
  const uint64_t db_after = co_await sum("db:primary", "statements");
  const uint64_t hits = co_await sum("web", "read_cache_hits") - hits_before;
  const uint64_t misses = co_await sum("web", "read_cache_misses") - misses_before;
  const uint64_t browsed = timeline.succeeded_in(Path::kBrowse, began, ended);
  row.browses_per_s = static_cast<double>(browsed) / seconds;
  row.primary_db_qps = static_cast<double>(db_after - db_before) / seconds;
  if (hits + misses > 0)
    row.cache_hit_ratio = static_cast<double>(hits) / static_cast<double>(hits + misses);
  tell(fmt::format("{:.0f} product pages a second make {:.0f} statements a second on the primary",
                   row.browses_per_s, row.primary_db_qps) +
       (row.cache_hit_ratio ? fmt::format("; hit ratio of the cache {:.2f}", *row.cache_hit_ratio)
                            : ""));
}

// The scenario of a fault of the tour. A stage may have one zone, in which all primaries are.
Result<Scenario> scenario_of(const std::string& name) {
  const char* file = name == "instance" ? "web-killed"
                     : name == "cache"  ? "cache-primary-killed"
                     : name == "db"     ? "db-primary-killed"
                                        : "zone-of-the-primary-down";
  auto scenario = load_scenario(file);
  if (!scenario) return scenario;
  scenario->prepare = Prepare();
  scenario->workload.recover_ms_max = kRecoveryMsMax;
  if (name == "zone") scenario->faults.front().for_ms = kZoneDownMs;
  return scenario;
}

rt::Task<void> StageRun::strike(Walkers& walkers, std::string name) {
  const auto scenario = scenario_of(name);
  CHECK(scenario.ok());
  const size_t filled = co_await walkers.come_in(options.carts);
  row.carts = std::min(row.carts, filled);
  before_fault(name);
  rt::Nursery canaries;
  canaries.spawn("browse",
                 browse(cluster->facts().shop, timeline, options.seed, canaries.stopping()));
  canaries.spawn("cart", cart_canary(cluster->facts().shop, timeline, walkers.products().front(),
                                     canaries.stopping()));
  RoundPlan plan;
  plan.name = name;
  plan.paths = {Path::kBrowse, Path::kCart};
  plan.scenario = *scenario;
  PathsInUse load(timeline);
  load.paths = plan.paths;
  load.settle_ms = load.quiet_ms = kQuietMs;
  load.patience_ms = kRecoveryMsMax;
  RunRecord record;
  co_await rt::joined(canaries, play_round(*testbed, plan, load, record));
  record.requests = timeline.all();
  const RoundRecord& round = record.rounds.front();
  const RoundFigures seen = figures_of(record, round);
  const size_t lost = co_await walkers.carts_lost();
  TourFault fault{name,       seen.bit, round.whole,    seen.overlapped,
                  seen.proof, lost,     seen.outage_ms, seen.failed};
  tell(fmt::format("{} killed ({}): {} of {} carts are not whole, outage {} ms, {} failed requests",
                   name, fault.proof, fault.carts_lost, filled, fault.outage_ms,
                   fault.failed_requests) +
       (fault.applied ? "" : "; IT DID NOT BITE") + (fault.recovered ? "" : "; NOT RECOVERED"));
  row.faults.push_back(std::move(fault));
}

// Stage 9: which connections the security groups allow, tried for real.
rt::Task<void> StageRun::try_doors() {
  row.paths = co_await try_paths(*cluster);
  size_t closed = 0, wrong = 0;
  for (const TriedPath& path : row.paths) {
    closed += !path.open;
    wrong += path.open != path.may;
  }
  tell(fmt::format("{} paths tried: {} refused, as the ", row.paths.size(), closed) +
       (wrong == 0 ? "security groups say" : fmt::format("rules do NOT say: {} differ", wrong)));
  for (const TriedPath& path : row.paths) {
    if (!path.open) tell("    " + path.from + " -> " + path.to + " refused: " + path.because);
  }
}

// The zone loss is the only fault of this run.
rt::Task<void> StageRun::run_beside() {
  const Status started = co_await start();
  if (!started) {
    row.problem = started.error().detail;
    co_return;
  }
  Walkers walkers(cluster->facts().shop, timeline, options.seed);
  const Status catalogue = co_await walkers.read_catalogue();
  row.carts = options.carts;
  if (catalogue) co_await strike(walkers, "zone");
  const Status down = co_await testbed->leave();
  if (!down) row.problem = down.error().detail;
}

rt::Task<void> StageRun::run() {
  const Nanos began = monotonic_now();
  const Status started = co_await start();
  if (!started) {
    row.problem = started.error().detail;
    co_return;
  }
  tell("the shop is at " + cluster->facts().shop_url);
  before_fault("");  // the question about the stage comes before any output that answers it
  Walkers walkers(cluster->facts().shop, timeline, options.seed);
  const Status catalogue = co_await walkers.read_catalogue();
  if (!catalogue) {
    row.problem = catalogue.error().detail;
    co_return;
  }
  co_await shop(walkers);
  co_await measure_browsing();
  if (!stage.beside.empty()) co_await try_doors();
  const auto cache = co_await cluster->resolve("cache:primary");
  std::vector<std::string> faults = {"instance", "cache", "db", "zone"};
  if (!cache || cache->empty()) std::erase(faults, "cache");
  for (const std::string& fault : faults) {
    if (!testbed->interrupted()) co_await strike(walkers, fault);
  }
  if (stage.accounts) {
    row.orders_lost = co_await walkers.orders_lost();
    tell(fmt::format("of {} orders {} are lost", row.orders, row.orders_lost));
  }
  const Status down = co_await testbed->leave();
  if (!down) row.problem = down.error().detail;
  if (!stage.beside.empty() && down && !testbed->interrupted()) {
    tell("and beside it the same machines, all in one zone:");
    Stage single = stage;
    single.file = stage.beside;
    StageRun other{single, options, tell, before_fault, TourRow(), nullptr, nullptr, Timeline()};
    co_await other.run_beside();
    if (!other.row.problem.empty()) row.problem = other.row.problem;
    if (!other.row.faults.empty()) row.beside = other.row.faults.front();
  }
  row.interrupted = testbed->interrupted();
  row.elapsed_ms = (monotonic_now() - began) / kMillisecond;
}

}  // namespace

rt::Task<TourRow> run_stage(const Stage& stage, const TourOptions& options, Teller tell,
                            Teller before_fault) {
  StageRun run{stage, options, tell, before_fault, TourRow(), nullptr, nullptr, Timeline()};
  run.row.stage = &stage;
  co_await run.run();
  co_return std::move(run.row);
}

}  // namespace multiaz::chaos
