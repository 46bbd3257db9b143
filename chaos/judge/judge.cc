#include "chaos/judge/judge.h"

#include <algorithm>

namespace multiaz::chaos {

JudgedRun judge(const RunRecord& record) {
  JudgedRun out;
  Verdict& verdict = out.verdict;
  verdict.name = record.scenario.name;
  const std::string how = record.mode == "run" ? "" : " --" + record.mode;
  const Scenario& scenario = record.scenario;
  verdict.replay = "multiaz chaos run " +
                   (scenario.origin.empty() ? scenario.name : scenario.origin) + how + " --seed " +
                   std::to_string(record.scenario.seed);
  if (!record.cluster.empty()) verdict.replay += " --name " + record.cluster;
  if (record.ended > record.began) {
    verdict.elapsed_s = static_cast<double>(record.ended - record.began) / kSecond;
  }
  verdict.properties = {{"title", record.scenario.title},
                        {"mode", record.mode},
                        {"seed", std::to_string(record.scenario.seed)},
                        {"requests", std::to_string(record.requests.size())},
                        {"probe_operations", std::to_string(record.history.size())},
                        {"faults", std::to_string(record.faults.size())}};
  verdict.headline = headline_of(record);
  claim_sight(record, verdict.claims);
  claim_conditions(record, verdict.claims);
  if (record.healthy_before) {
    claim_histories(record, verdict.claims, out.anomalies);
    claim_books(record, verdict.claims);
    claim_leases(record, verdict.claims);
    claim_times(record, verdict.claims);
    claim_rounds(record, verdict.claims);
    if (!record.scenario.stop_when.empty()) {
      verdict.claims.push_back(
          holds_if("no stop condition is met", record.stopped.empty(), record.stopped));
    }
    claim_end(record, verdict.claims);
  }
  if (out.anomalies.size() > kAnomaliesMax) out.anomalies.resize(kAnomaliesMax);
  return out;
}

Nanos first_strike(const RunRecord& record) {
  Nanos first = 0;
  for (const FaultRecord& fault : record.faults) {
    if (fault.applied != 0 && (first == 0 || fault.applied < first)) first = fault.applied;
  }
  return first;
}

Nanos last_heal(const RunRecord& record) {
  Nanos last = 0;
  for (const FaultRecord& fault : record.faults) {
    last = std::max({last, fault.healed, fault.applied});
  }
  return last;
}

uint64_t failures_in(const RunRecord& record) {
  return static_cast<uint64_t>(
      std::ranges::count_if(record.requests, [](const Request& one) { return !one.ok; }));
}

std::vector<Path> visited_paths(const RunRecord& record) {
  std::vector<Path> paths(std::begin(kShopPaths), std::end(kShopPaths));
  if (record.scenario.workload.named_visitors > 0) paths.push_back(Path::kNamed);
  return paths;
}

Nanos stood_still(const RunRecord& record, Nanos from, Nanos to) {
  Nanos sum = 0;
  for (const Standstill& one : record.standstills) {
    const Nanos begin = std::max(one.from, from), end = std::min(one.to, to);
    if (end > begin) sum += end - begin;
  }
  return sum;
}

Nanos longest_outage(const RunRecord& record, Path path, Nanos from, Nanos to, Span span) {
  const auto length = [&](Nanos begin, Nanos end) {
    return end - begin - (span == Span::kSeen ? stood_still(record, begin, end) : 0);
  };
  Nanos last = from, longest = 0;
  for (const Request& one : record.requests) {  // in the order of their ends
    if (one.path != path || !one.ok || one.done < from || one.done > to) continue;
    longest = std::max(longest, length(last, one.done));
    last = one.done;
  }
  return to > last ? std::max(longest, length(last, to)) : longest;
}

Claim holds_if(std::string name, bool good, std::string text) {
  return Claim{std::move(name), good ? Ruling::kHolds : Ruling::kViolated, std::move(text)};
}

void claim_at_most(const RunRecord& record, const char* key, const char* name, uint64_t seen,
                   Claims& out) {
  const auto limit = record.scenario.bounds.limits.find(key);
  if (limit == record.scenario.bounds.limits.end()) return;
  out.push_back(holds_if(name, seen <= limit->second,
                         std::to_string(seen) + ", at most " + std::to_string(limit->second)));
}

}  // namespace multiaz::chaos
