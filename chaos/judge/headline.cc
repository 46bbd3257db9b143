#include "chaos/judge/headline.h"

#include <algorithm>

#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

std::string away(const RunRecord& record, Path path) {
  const bool served = std::any_of(record.requests.begin(), record.requests.end(),
                                  [&](const Request& one) { return one.path == path && one.ok; });
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

std::string with_commas(uint64_t number) {
  std::string out = std::to_string(number);
  for (size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

std::string failed_words(uint64_t failed, uint64_t requests) {
  if (requests == 0) return "no requests";
  return with_commas(failed) + " of " + with_commas(requests) + " requests failed";
}

std::string lost_words(const FinalReading& reading) {
  return "lost: " + lost(reading.lost_writes, reading.acked_writes, "cart writes") + ", " +
         lost(reading.lost_orders, reading.orders, "orders");
}

std::string headline_of(const RunRecord& record) {
  if (!record.healthy_before) return "";
  std::string out = "away: ";
  std::vector<Path> paths(std::begin(kShopPaths), std::end(kShopPaths));
  if (record.scenario.workload.named_visitors > 0) paths.push_back(Path::kNamed);
  for (const Path path : paths) out += (path == paths.front() ? "" : ", ") + away(record, path);
  uint64_t failed = 0;
  for (const Request& one : record.requests) failed += !one.ok;
  return out + "; " + failed_words(failed, record.requests.size()) + "; " +
         lost_words(record.reading);
}

}  // namespace multiaz::chaos
