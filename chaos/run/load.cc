
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/core/duration.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "chaos/experiment/testbed.h"
#include "chaos/run/verbs.h"
#include "chaos/workloads/start.h"

namespace multiaz::chaos {

namespace {

double ms(Nanos time) {
  return static_cast<double>(time) / kMillisecond;
}

bool went_well(const Timeline& timeline) {
  return timeline.requests() > 2 * timeline.failed();
}

std::string load_json(const LoadWords& words, const Timeline& timeline, uint64_t probed,
                      double seconds) {
  std::vector<Nanos> times;
  for (const Request& one : timeline.all()) {
    if (one.ok) times.push_back(one.done - one.sent);
  }
  const uint64_t requests = timeline.requests();
  nlohmann::ordered_json out = {
      {"ok", went_well(timeline)},
      {"seconds", seconds},
      {"shoppers", words.workload.shoppers},
      {"requests", requests},
      {"failed", timeline.failed()},
      {"probe_operations", probed},
      {"requests_per_s", static_cast<double>(requests) / seconds},
      {"operations_per_s", static_cast<double>(requests + probed) / seconds},
      {"recorded", !words.no_record}};
  if (!words.no_record) {
    out["p50_ms"] = ms(percentile(times, 50));
    out["p99_ms"] = ms(percentile(std::move(times), 99));
  }
  return jsonio::dump(out);
}

}  // namespace

rt::Task<int> load_verb(LoadWords words) {
  const auto duration_ms = parse_duration_ms(words.duration);
  if (!duration_ms || *duration_ms == 0) {
    co_return complain_about(
        Error(Code::kInvalid, "--for takes 500ms, 10s or 2m, not \"" + words.duration + "\""));
  }
  Testbed testbed;
  const Status begun = co_await testbed.begin(running_cluster(words.cluster));
  if (!begun) co_return complain_about(begun.error());
  Cluster& cluster = testbed.cluster();
  words.workload.tag = monotonic_now() / kMillisecond;
  ShopperConfig config = shopper_config(cluster, words.workload, words.seed);
  config.eager_percent = 0;
  config.think_ms_min = words.think_ms / 2;
  config.think_ms_max = words.think_ms * 3 / 2;
  config.canaries_per_path = 0;
  config.tag = "l" + std::to_string(words.workload.tag) + "-";
  Shoppers shoppers(config);
  Recorder recorder;
  rt::Nursery load;
  if (words.no_record) {
    shoppers.count_only();
    recorder.count_only();
  } else {
    load.spawn("events", testbed.events().follow(load.stopping()));
  }
  const Nanos began = monotonic_now();
  shoppers.open_shop(load);
  start_probes(load, cluster, words.workload, config.seed, recorder);
  (void)co_await rt::sleep_ms(*duration_ms, testbed.stop());
  const double seconds = static_cast<double>(monotonic_now() - began) / kSecond;
  const Timeline done = shoppers.timeline();  // up to now: requests still under way do not count
  const uint64_t probed = recorder.operations();
  load.stop();
  co_await load.join();
  if (words.json) {
    say(stdout, load_json(words, done, probed, seconds));
  } else {
    say(stdout,
        fmt::format(
            "{} requests and {} operations of probes in {:.1f} s, {} failed: {:.0f} a second",
            done.requests(), probed, seconds, done.failed(),
            static_cast<double>(done.requests() + probed) / seconds));
  }
  co_return went_well(done) ? 0 : exit_code(Ruling::kUnhealthy);
}

}  // namespace multiaz::chaos
