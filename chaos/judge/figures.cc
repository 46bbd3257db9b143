#include "chaos/judge/figures.h"

#include <algorithm>

namespace multiaz::chaos {

namespace {

// How long the successes of a path took.
std::vector<Nanos> times_of(const RunRecord& record, Path path) {
  std::vector<Nanos> times;
  for (const Request& one : record.requests) {
    if (one.path == path && one.ok) times.push_back(one.done - one.sent);
  }
  return times;
}

uint64_t rounded_up_ms(Nanos time) {
  return (time + kMillisecond - 1) / kMillisecond;
}

}  // namespace

Figures figures_of(const RunRecord& record, const JudgedRun& judged) {
  Figures out;
  const Nanos strike = first_strike(record), heal = last_heal(record);
  std::vector<Path> paths(std::begin(kShopPaths), std::end(kShopPaths));
  if (record.scenario.workload.named_visitors > 0) paths.push_back(Path::kNamed);
  for (const Path path : paths) {
    const Nanos gap = strike == 0 ? 0 : longest_outage(record, path, strike, record.load_until);
    out.emplace_back("outage_" + std::string(to_string(path)) + "_ms", gap / kMillisecond);
  }
  for (const Path path : paths) {
    const std::string name(to_string(path));
    std::vector<Nanos> times = times_of(record, path);
    out.emplace_back(name + "_p50_ms", rounded_up_ms(percentile(times, 50)));
    out.emplace_back(name + "_p99_ms", rounded_up_ms(percentile(std::move(times), 99)));
  }
  uint64_t failed = 0;
  for (const Request& one : record.requests) failed += !one.ok;
  const Nanos open =
      record.load_until > record.load_from ? record.load_until - record.load_from : 0;
  const uint64_t good = record.requests.size() - failed;
  out.emplace_back("requests", record.requests.size());
  out.emplace_back("failed_requests", failed);
  out.emplace_back("goodput_per_s", open == 0 ? 0 : good * kSecond / open);
  out.emplace_back("acked_writes", record.reading.acked_writes);
  out.emplace_back("lost_writes", record.reading.lost_writes);
  out.emplace_back("orders", record.reading.orders);
  out.emplace_back("lost_orders", record.reading.lost_orders);
  out.emplace_back("anomalies", judged.anomalies.size());
  const bool late = record.whole_at > heal;
  out.emplace_back("recovery_ms", late ? (record.whole_at - heal) / kMillisecond : 0);
  return out;
}

}  // namespace multiaz::chaos
