#include "chaos/run/load.h"

#include <algorithm>
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
  nlohmann::ordered_json out;
  out["ok"] = went_well(timeline);
  out["seconds"] = seconds;
  out["shoppers"] = words.workload.shoppers;
  out["requests"] = timeline.requests();
  out["failed"] = timeline.failed();
  out["probe_operations"] = probed;
  out["requests_per_s"] = static_cast<double>(timeline.requests()) / seconds;
  out["operations_per_s"] = static_cast<double>(timeline.requests() + probed) / seconds;
  out["recorded"] = !words.no_record;
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
  TestbedOptions running;
  running.attach = true;
  running.up.name = words.cluster;
  const Status begun = co_await testbed.begin(std::move(running));
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
  const Timeline done = shoppers.timeline();  // as of now: who is under way counts no more
  const uint64_t probed = recorder.operations();
  load.stop();
  co_await load.join();
  if (words.json) {
    std::printf("%s\n", load_json(words, done, probed, seconds).c_str());
  } else {
    std::printf(
        "%llu requests and %llu operations of probes in %.1f s, %llu failed: %.0f a second\n",
        static_cast<unsigned long long>(done.requests()), static_cast<unsigned long long>(probed),
        seconds, static_cast<unsigned long long>(done.failed()),
        static_cast<double>(done.requests() + probed) / seconds);
  }
  co_return went_well(done) ? 0 : exit_code(Ruling::kUnhealthy);
}

}  // namespace multiaz::chaos
