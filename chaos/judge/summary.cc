// The summary of a run: its measured values, and one line for a reader: how long each path was
// away, how many of all requests failed, what was lost of what had been acknowledged.
#include <algorithm>

#include "chaos/judge/judge.h"

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

std::string away(const RunRecord& record, Path path) {
  const bool served = std::ranges::any_of(
      record.requests, [&](const Request& one) { return one.path == path && one.ok; });
  const Nanos strike = first_strike(record);
  std::string out = std::string(to_string(path)) + " ";
  if (!served || strike == 0) return out + "-";
  const Nanos gap = longest_outage(record, path, strike, record.load_until);
  return out + with_commas(gap / kMillisecond) + " ms";
}

std::string lost(uint64_t bad, uint64_t whole, const char* what) {
  return whole == 0 ? std::string("- of no ") + what
                    : with_commas(bad) + " of " + with_commas(whole) + " " + what;
}

}  // namespace

Figures figures_of(const RunRecord& record, const JudgedRun& judged) {
  Figures out;
  const Nanos strike = first_strike(record), heal = last_heal(record);
  const std::vector<Path> paths = visited_paths(record);
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
  const uint64_t failed = failures_in(record);
  const Nanos open =
      record.load_until > record.load_from ? record.load_until - record.load_from : 0;
  const uint64_t good = record.requests.size() - failed;
  const Nanos recovery = record.whole_at > heal ? record.whole_at - heal : 0;
  const FinalReading& reading = record.reading;
  out.insert(out.end(), {{"requests", record.requests.size()},
                         {"failed_requests", failed},
                         {"goodput_per_s", open == 0 ? 0 : good * kSecond / open},
                         {"acked_writes", reading.acked_writes},
                         {"lost_writes", reading.lost_writes},
                         {"orders", reading.orders},
                         {"lost_orders", reading.lost_orders},
                         {"anomalies", judged.anomalies.size()},
                         {"recovery_ms", recovery / kMillisecond}});
  return out;
}

std::string with_commas(uint64_t number) {
  std::string out = std::to_string(number);
  for (size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

std::string failed_words(const RunRecord& record) {
  if (record.requests.empty()) return "no requests";
  return with_commas(failures_in(record)) + " of " + with_commas(record.requests.size()) +
         " requests failed";
}

std::string lost_words(const FinalReading& reading) {
  return "lost: " + lost(reading.lost_writes, reading.acked_writes, "cart writes") + ", " +
         lost(reading.lost_orders, reading.orders, "orders");
}

std::string headline_of(const RunRecord& record) {
  if (!record.healthy_before) return "";
  std::string out = "away: ";
  for (const Path path : visited_paths(record)) {
    out += (path == Path::kBrowse ? "" : ", ") + away(record, path);
  }
  return out + "; " + failed_words(record) + "; " + lost_words(record.reading);
}

}  // namespace multiaz::chaos
