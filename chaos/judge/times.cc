// How long it hurt: outages by path, failed requests, recovery, and whether the load is served
// again as before (a metastable failure stays although its cause is gone: Bronson et al., 2021).
#include <algorithm>

#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

constexpr Nanos kBefore = kSecond;

double successes_per_s(const RunRecord& record, Nanos from, Nanos to) {
  if (to <= from) return 0;
  size_t count = 0;
  for (const Request& one : record.requests) count += one.ok && one.sent >= from && one.sent < to;
  return static_cast<double>(count) * kSecond / static_cast<double>(to - from);
}

void claim_limit(const RunRecord& record, const char* key, const char* name, uint64_t seen,
                 const char* unit, Claims& out) {
  const auto limit = record.scenario.bounds.limits.find(key);
  if (limit == record.scenario.bounds.limits.end()) return;
  out.push_back(
      holds_if(name, seen <= limit->second,
               std::to_string(seen) + unit + ", at most " + std::to_string(limit->second) + unit));
}

}  // namespace

void claim_times(const RunRecord& record, Claims& out) {
  const Nanos strike = first_strike(record), heal = last_heal(record);
  if (strike == 0) return;
  for (const Path path : kClaimPaths) {
    const std::string name(to_string(path));
    const auto limit = record.scenario.bounds.outage_ms_max.find(name);
    if (limit == record.scenario.bounds.outage_ms_max.end()) continue;
    const Nanos outage = longest_outage(record, path, strike, record.load_until);
    out.push_back(holds_if("the longest outage of " + name + " is bounded",
                           outage <= limit->second * kMillisecond,
                           std::to_string(outage / kMillisecond) + " ms, at most " +
                               std::to_string(limit->second) + " ms"));
  }
  uint64_t failed = 0;
  for (const Request& one : record.requests) failed += !one.ok && one.done >= strike;
  claim_limit(record, "failed_requests_max", "few requests fail", failed, "", out);
  const uint64_t recovery_ms = record.whole_at > heal ? (record.whole_at - heal) / kMillisecond : 0;
  claim_limit(record, "recovery_ms_max", "all is whole again in time", recovery_ms, " ms", out);
  const auto goodput = record.scenario.bounds.limits.find("goodput_percent_min");
  if (goodput == record.scenario.bounds.limits.end()) return;
  const double before = successes_per_s(record, strike - std::min(strike, kBefore), strike);
  const double after = successes_per_s(
      record, std::max(heal, record.load_until - record.scenario.workload.quiet_ms * kMillisecond),
      record.load_until);
  const auto percent = static_cast<uint64_t>(before > 0 ? 100 * after / before : 0);
  out.push_back(holds_if("the load is served again as before", percent >= goodput->second,
                         std::to_string(percent) + " % of what it was, at least " +
                             std::to_string(goodput->second) + " %"));
}

}  // namespace multiaz::chaos
