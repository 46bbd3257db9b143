#include "chaos/demo_claims.h"

#include <algorithm>

#include "chaos/judge/enough.h"
#include "chaos/judge/headline.h"

namespace multiaz::chaos {

namespace {

std::string of(uint64_t part, uint64_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

// A claim about things of which there must have been some.
Claim none_of(std::string name, uint64_t bad, uint64_t whole, uint64_t least, const char* what) {
  Claim out{std::move(name), Ruling::kHolds, of(bad, whole)};
  if (bad > 0) out.ruling = Ruling::kViolated;
  rest_on(out, whole, least, what);
  return out;
}

Claim about_fault(const FaultRow& row, size_t number) {
  Claim out{std::to_string(number) + ". " + row.fault + ": bites, is ridden out, and is made good",
            Ruling::kHolds, ""};
  out.text = "outage " + std::to_string(row.outage_ms) + " ms, " +
             std::to_string(row.failed_requests) + " failed requests, whole again after " +
             std::to_string(row.redundancy_restored_ms) + " ms (" + row.proof + ")";
  if (!row.overlapped) {
    out.ruling = Ruling::kInconclusive;
    out.text = "the paths it hits were not in use before and after it; " + out.text;
  }
  if (!row.recovered) {
    out.ruling = Ruling::kViolated;
    out.text = "not whole again; " + out.text;
  }
  if (!row.applied) {
    out.ruling = Ruling::kNotApplied;
    out.text = "it did not bite: " + row.proof;
  }
  return out;
}

}  // namespace

Verdict demo_verdict(const DemoReport& report, const DemoOptions& options, bool interrupted) {
  Verdict out;
  out.name = "multiaz demo";
  out.replay = "multiaz demo --seed " + std::to_string(options.seed);
  if (!options.only.empty()) out.replay += " --only '" + options.only + "'";
  if (!options.bug.empty()) out.replay += " --bug " + options.bug;
  if (!options.engines.cache.empty()) out.replay += " --cache-engine " + options.engines.cache;
  if (!options.engines.db.empty()) out.replay += " --db-engine " + options.engines.db;
  out.elapsed_s = static_cast<double>(report.elapsed_ms) / 1000;
  out.properties = {{"seed", std::to_string(options.seed)},
                    {"shoppers", std::to_string(options.shoppers)},
                    {"requests", std::to_string(report.requests)},
                    {"failed_requests", std::to_string(report.failed_requests)}};
  const FinalReading& reading = report.reading;
  uint64_t longest_ms = 0;
  for (const FaultRow& row : report.faults) longest_ms = std::max(longest_ms, row.outage_ms);
  out.headline = "away at most " + with_commas(longest_ms) + " ms; " +
                 failed_words(report.failed_requests, report.requests) + "; " + lost_words(reading);
  out.claims.push_back(none_of("no cart is lost", reading.lost_carts, reading.carts, enough::kCarts,
                               "carts read again"));
  Claim writes = none_of("no acknowledged cart write is lost", reading.lost_writes,
                         reading.acked_writes, enough::kCartWrites, "acknowledged cart writes");
  writes.text += ", " + std::to_string(reading.in_doubt_writes) + " in doubt";
  out.claims.push_back(std::move(writes));
  out.claims.push_back(none_of("no acknowledged order is lost", reading.lost_orders, reading.orders,
                               enough::kOrders, "acknowledged orders"));
  out.claims.push_back(none_of("no order is there twice", reading.duplicate_orders, reading.orders,
                               enough::kOrders, "acknowledged orders"));
  Claim right{"every reading at the end is one that a correct shop may give", Ruling::kHolds, ""};
  right.text = std::to_string(reading.findings.size()) + " wrong" + first_finding(reading.findings);
  if (reading.unread > 0) {
    right.ruling = Ruling::kInconclusive;
    right.text += "; " + std::to_string(reading.unread) + " could not be read";
  }
  if (!reading.findings.empty()) right.ruling = Ruling::kViolated;
  rest_on(right, reading.carts, enough::kCarts, "carts read again");
  out.claims.push_back(std::move(right));
  Claim stale{"no reading in between is stale", Ruling::kHolds, ""};
  stale.text = std::to_string(report.stale_reads.size()) + first_finding(report.stale_reads);
  if (!report.stale_reads.empty()) stale.ruling = Ruling::kViolated;
  rest_on(stale, report.requests - std::min(report.requests, report.failed_requests),
          enough::kRequests, "answered requests");
  out.claims.push_back(std::move(stale));
  for (size_t i = 0; i < report.faults.size(); ++i)
    out.claims.push_back(about_fault(report.faults[i], i + 1));
  Claim ready{"the cluster is healthy before each fault", Ruling::kHolds, report.problem};
  if (!report.problem.empty()) ready.ruling = Ruling::kUnhealthy;
  if (interrupted || report.faults.empty()) {
    ready.ruling = Ruling::kInconclusive;
    ready.text = "not every fault was tried";
  }
  out.claims.push_back(std::move(ready));
  Claim clean{"nothing is left behind", Ruling::kHolds, ""};
  if (!report.clean && !options.keep) clean.ruling = Ruling::kViolated;
  out.claims.push_back(std::move(clean));
  return out;
}

}  // namespace multiaz::chaos
