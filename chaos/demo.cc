#include "chaos/demo.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <memory>

#include "base/core/clock.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "chaos/demo_claims.h"
#include "chaos/verdict_files.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kWarmUpMs = 2'500;
constexpr uint64_t kSettleMs = 800;  // quiet time after each recovery
constexpr uint64_t kRecoveryMsMax = 20'000;
constexpr uint64_t kPollMs = 10;
constexpr uint64_t kLoadMsMax = 5'000;  // for the shoppers to use what is struck, before and after
constexpr Nanos kOverlap = kSecond;

uint64_t to_ms(Nanos ns) {
  return (ns + kMillisecond / 2) / kMillisecond;
}

struct Demo {
  DemoOptions options;
  DemoReport report;
  std::unique_ptr<Cluster> cluster;
  std::unique_ptr<Shoppers> shoppers;
  rt::Nursery nursery;
  Nanos began = monotonic_now();
  bool interrupted = false;

  // The live story; in --json mode stdout belongs to the object alone.
  __attribute__((format(printf, 2, 3))) void tell(const char* format, ...) const {
    std::FILE* out = options.json ? stderr : stdout;
    std::fprintf(out, "%6.2fs  ", static_cast<double>(monotonic_now() - began) / kSecond);
    va_list arguments;
    va_start(arguments, format);
    std::vfprintf(out, format, arguments);
    va_end(arguments);
    std::fputc('\n', out);
    std::fflush(out);
  }

  rt::Task<bool> healthy_within(uint64_t ms, std::string& reasons);
  rt::Task<bool> recovered(const Step& step, const Strike& strike);
  bool used(const Step& step, Nanos from, Nanos to) const;
  // Waits until each path of it was used since then; 0: a moment ago.
  rt::Task<void> in_use(const Step& step, Nanos since);
  rt::Task<void> run_step(const Step& step);
  rt::Task<void> measure(const Step& step, const Strike& strike, uint64_t event_seq, Nanos until,
                         FaultRow& row);
  rt::Task<uint64_t> last_event_seq();
  rt::Task<int> run();
  rt::Task<void> close_shop();
};

rt::Task<bool> Demo::healthy_within(uint64_t ms, std::string& reasons) {
  const Nanos limit = monotonic_now() + ms * kMillisecond;
  while (monotonic_now() < limit && !interrupted) {
    Health health = co_await cluster->health();
    reasons = health.reasons;
    if (health.healthy) co_return true;
    co_await rt::sleep_ms(kPollMs);
  }
  co_return false;
}

rt::Task<bool> Demo::recovered(const Step& step, const Strike& strike) {
  const Nanos limit = monotonic_now() + kRecoveryMsMax * kMillisecond;
  while (monotonic_now() < limit && !interrupted) {
    const bool whole = co_await whole_again(*cluster, strike, step.restarts);
    if (whole) co_return true;
    co_await rt::sleep_ms(kPollMs);
  }
  co_return false;
}

bool Demo::used(const Step& step, Nanos from, Nanos to) const {
  return std::all_of(step.paths.begin(), step.paths.end(), [&](Path path) {
    return shoppers->timeline().succeeded_in(path, from, to) > 0;
  });
}

// A fault that nobody meets shows nothing: it waits for the shoppers, and ends with them.
rt::Task<void> Demo::in_use(const Step& step, Nanos since) {
  const Nanos limit = monotonic_now() + kLoadMsMax * kMillisecond;
  while (monotonic_now() < limit && !interrupted) {
    const Nanos now = monotonic_now();
    if (used(step, since == 0 ? now - kOverlap : since, now)) co_return;
    co_await rt::sleep_ms(kPollMs);
  }
}

rt::Task<uint64_t> Demo::last_event_seq() {
  auto events = co_await cluster->events_since(0);
  co_return events && !events->empty() ? events->back().seq : 0;
}

// Detected: the first thing that the control plane wrote down about what was hit.
// What was only asked for (kill, stop, ...) is the fault itself, not its detection.
uint64_t detect_ms(const std::vector<Event>& events, const Strike& strike) {
  constexpr std::string_view kRequests[] = {"kill", "stop", "cont", "fault", "zone"};
  for (const Event& event : events) {
    const bool request =
        std::any_of(std::begin(kRequests), std::end(kRequests),
                    [&](std::string_view kind) { return event.kind.starts_with(kind); });
    if (event.at < strike.at || request) continue;
    for (const Hit& hit : strike.hits) {
      if (event.target == hit.id) return to_ms(event.at - strike.at);
    }
  }
  return 0;
}

rt::Task<void> Demo::measure(const Step& step, const Strike& strike, uint64_t event_seq,
                             Nanos until, FaultRow& row) {
  auto events = co_await cluster->events_since(event_seq);
  if (events) row.detect_ms = detect_ms(*events, strike);
  const Timeline& timeline = shoppers->timeline();
  Nanos outage = 0;
  for (const Path path : step.paths) {
    outage = std::max(outage, timeline.longest_gap(path, strike.at, until));
  }
  row.overlapped = used(step, strike.at - kOverlap, strike.at) && used(step, strike.at, until);
  row.outage_ms = to_ms(outage);
  row.failed_requests = timeline.failed_in(strike.at, until);
  for (const char* tier : {"cache", "db"}) {
    if (strike.group.find(tier) == std::string::npos) continue;
    const auto primary = co_await find_role(*cluster, tier, "primary");
    if (primary) row.took_over += (row.took_over.empty() ? "" : ", ") + primary->id;
  }
}

rt::Task<void> Demo::run_step(const Step& step) {
  FaultRow row;
  row.fault = step.name;
  std::string reasons;
  const bool before = co_await healthy_within(kRecoveryMsMax, reasons);
  if (!before) {
    report.problem = "not healthy before \"" + row.fault + "\": " + reasons;
    co_return;
  }
  const uint64_t event_seq = co_await last_event_seq();
  co_await in_use(step, 0);
  Strike strike = co_await step.strike(*cluster);
  tell("%s: %s", row.fault.c_str(), strike.proof.c_str());
  if (step.mend) co_await step.mend(*cluster, strike);
  row.recovered = co_await recovered(step, strike);
  const Nanos restored = monotonic_now();
  (void)co_await rt::sleep_ms(kSettleMs, nursery.stopping());
  co_await in_use(step, strike.at);
  row.applied = strike.applied;
  row.proof = strike.proof;
  row.redundancy_restored_ms = to_ms(restored - strike.at);
  co_await measure(step, strike, event_seq, monotonic_now(), row);
  tell(
      "        %s%s noticed after %llu ms, outage %llu ms, %llu failed requests, whole again after "
      "%llu ms",
      row.took_over.empty() ? "" : (row.took_over + " took over;").c_str(),
      row.recovered ? "" : " NOT RECOVERED;", static_cast<unsigned long long>(row.detect_ms),
      static_cast<unsigned long long>(row.outage_ms),
      static_cast<unsigned long long>(row.failed_requests),
      static_cast<unsigned long long>(row.redundancy_restored_ms));
  report.faults.push_back(std::move(row));
}

rt::Task<void> Demo::close_shop() {
  nursery.stop();
  co_await nursery.join();
  std::string reasons;
  (void)co_await healthy_within(kRecoveryMsMax, reasons);
  tell("the shop is closed; reading every cart and every order again");
  report.reading = co_await read_everything(*shoppers);
  report.stale_reads = shoppers->findings();
  report.requests = shoppers->timeline().requests();
  report.failed_requests = shoppers->timeline().failed();
}

rt::Task<int> Demo::run() {
  UpOptions up;
  up.name = options.name.empty() ? "demo-" + std::to_string(getpid()) : options.name;
  up.profile = options.profile;
  up.engines = options.engines;
  up.bug = options.bug;
  up.keep = options.keep;
  auto started = co_await Cluster::up(up);
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().detail.c_str());
    co_return started.error().code == Code::kInvalid ? kExitBadInput
                                                     : exit_code(Ruling::kUnhealthy);
  }
  cluster = std::move(*started);
  report.start_ms = cluster->start_ms();
  report.seed = options.seed;
  tell("the cluster serves at %s; first page %llu ms after up", cluster->shop_url().c_str(),
       static_cast<unsigned long long>(report.start_ms));
  ShopperConfig config;
  config.shop = cluster->shop();
  config.seed = options.seed;
  config.shoppers = options.shoppers;
  shoppers = std::make_unique<Shoppers>(config);
  shoppers->open_shop(nursery);
  tell("%zu shoppers come in (seed %llu)", options.shoppers,
       static_cast<unsigned long long>(options.seed));
  (void)co_await rt::sleep_ms(kWarmUpMs, nursery.stopping());
  report.memory_mb = co_await cluster->memory_mb();
  tell("all processes together: %llu MB", static_cast<unsigned long long>(report.memory_mb));
  for (const Step& step : demo_steps()) {
    if (step.name.find(options.only) == std::string_view::npos) continue;
    for (size_t i = 0; i < options.repeat && !interrupted && report.problem.empty(); ++i) {
      co_await run_step(step);
    }
  }
  co_await close_shop();
  if (!options.keep) {
    const Status down = co_await cluster->down();
    report.clean = down.ok();
    if (!down) tell("%s", down.error().text().c_str());
  }
  report.elapsed_ms = to_ms(monotonic_now() - began);
  const Verdict verdict = demo_verdict(report, options, interrupted);
  write_verdict(verdict, options.junit, options.summary);
  const int code = exit_code(verdict.worst());
  report.ok = code == 0;
  report.headline = verdict.headline;
  std::fputs(report_text(report).c_str(), options.json ? stderr : stdout);
  if (options.keep) tell("still running: %s", cluster->summary().c_str());
  if (options.json) std::printf("%s\n", report_json(report).c_str());
  co_return code;
}

}  // namespace

rt::Task<int> demo(DemoOptions options) {
  const Status outputs =
      check_output_files({{"--junit", options.junit}, {"--summary", options.summary}});
  if (!outputs) {
    std::fprintf(stderr, "%s\n", outputs.error().detail.c_str());
    co_return kExitBadInput;
  }
  Demo run;
  run.options = std::move(options);
  const auto interrupt = [&run] {
    run.interrupted = true;
    run.nursery.stop();
  };
  const rt::SignalWatch on_int(SIGINT, interrupt);
  const rt::SignalWatch on_term(SIGTERM, interrupt);
  const int code = co_await run.run();
  co_return code;
}

}  // namespace multiaz::chaos
