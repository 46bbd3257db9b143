// Times of the faults' effects: outages by path, failed requests, recovery, and whether the load is
// served again as before (a metastable failure stays although its cause is gone: Bronson et al.,
// 2021).
#include <algorithm>

#include "chaos/judge/enough.h"
#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

constexpr Nanos kInTime = kSecond;  // a customer who waits longer has gone to another shop

// A bound that is missed only because the machine stood still is inconclusive.
Claim decided(Claim claim, bool without_standstills, Nanos stood) {
  if (claim.ruling == Ruling::kHolds || !without_standstills) return claim;
  claim.ruling = Ruling::kInconclusive;
  claim.text += "; the machine stood still for " + std::to_string(stood / kMillisecond) + " ms";
  return claim;
}

// Goodput: of the requests that were due in [from, to), how many were answered well and in time. It
// is a share of the due ones and not a rate: shoppers that wait for their answers send less often
// when the machine is slow, and that says nothing about the cluster.
struct Goodput {
  size_t due = 0, good = 0;
  [[nodiscard]] uint64_t percent() const { return due == 0 ? 0 : 100 * good / due; }
};

Goodput goodput_of(const RunRecord& record, Nanos from, Nanos to, Span span) {
  Goodput out;
  for (const Request& one : record.requests) {
    if (one.sent < from || one.sent >= to) continue;
    if (span == Span::kSeen && stood_still(record, one.sent, one.done) > 0) continue;
    ++out.due;
    out.good += one.ok && one.done - one.sent <= kInTime;
  }
  return out;
}

void claim_outage(const RunRecord& record, Path path, Nanos strike, Claims& out) {
  const std::string name(to_string(path));
  const auto limit = record.scenario.bounds.outage_ms_max.find(name);
  if (limit == record.scenario.bounds.outage_ms_max.end()) return;
  const Nanos bound = limit->second * kMillisecond;
  const auto served = static_cast<uint64_t>(std::ranges::count_if(
      record.requests, [&](const Request& one) { return one.path == path && one.ok; }));
  if (served == 0 || strike == 0) {  // there is nothing to bound
    out.push_back(Claim{"the longest outage of " + name + " is bounded", Ruling::kInconclusive,
                        strike == 0 ? "no fault struck" : "nobody was served, also not before"});
    return;
  }
  const Nanos outage = longest_outage(record, path, strike, record.load_until);
  const Nanos seen = longest_outage(record, path, strike, record.load_until, Span::kSeen);
  Claim claim = holds_if("the longest outage of " + name + " is bounded", outage <= bound,
                         std::to_string(outage / kMillisecond) + " ms, at most " +
                             std::to_string(limit->second) + " ms");
  rest_on(claim, served, enough::kRequests, "answered requests");
  out.push_back(decided(claim, seen <= bound, stood_still(record, strike, record.load_until)));
}

void claim_recovery(const RunRecord& record, Nanos heal, Claims& out) {
  const auto limit = record.scenario.bounds.limits.find("recovery_ms_max");
  if (limit == record.scenario.bounds.limits.end()) return;
  const Nanos bound = limit->second * kMillisecond;
  const Nanos took = record.whole_at > heal ? record.whole_at - heal : 0;
  const Nanos stood = stood_still(record, heal, record.whole_at);
  const Claim claim = holds_if("all is whole again in time", took <= bound,
                               std::to_string(took / kMillisecond) + " ms, at most " +
                                   std::to_string(limit->second) + " ms");
  out.push_back(decided(claim, took <= bound + stood, stood));
}

void claim_goodput(const RunRecord& record, Nanos heal, Claims& out) {
  const auto limit = record.scenario.bounds.limits.find("goodput_percent_min");
  if (limit == record.scenario.bounds.limits.end()) return;
  const Nanos quiet = record.scenario.workload.quiet_ms * kMillisecond;
  const Nanos to = record.load_until, from = std::max(heal, to - std::min(to, quiet));
  const Goodput all = goodput_of(record, from, to, Span::kAll);
  const Goodput seen = goodput_of(record, from, to, Span::kSeen);
  Claim claim =
      holds_if("the load is served again as before", all.due == 0 || all.percent() >= limit->second,
               std::to_string(all.percent()) + " % of the requests at the end in time, at least " +
                   std::to_string(limit->second) + " %");
  rest_on(claim, all.due, enough::kRequests, "requests that were due");
  const bool unseen = seen.due < all.due && (seen.due == 0 || seen.percent() >= limit->second);
  out.push_back(decided(claim, unseen, stood_still(record, from, to)));
}

}  // namespace

void claim_times(const RunRecord& record, Claims& out) {
  const Nanos strike = first_strike(record), heal = last_heal(record);
  for (const Path path : kClaimPaths) claim_outage(record, path, strike, out);
  uint64_t failed = 0, since = 0;
  for (const Request& one : record.requests) {
    if (one.done < strike) continue;
    ++since;
    failed += !one.ok;
  }
  if (record.scenario.bounds.limits.contains("failed_requests_max")) {
    claim_at_most(record, "failed_requests_max", "few requests fail", failed, out);
    rest_on(out.back(), since, enough::kRequests, "requests");
  }
  claim_recovery(record, heal, out);
  claim_goodput(record, heal, out);
}

}  // namespace multiaz::chaos
