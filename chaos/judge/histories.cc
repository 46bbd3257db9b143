// What probes saw: registers and sets, of the cache and of the database.
#include <algorithm>
#include <map>

#include "chaos/checkers/compare_and_set.h"
#include "chaos/checkers/part.h"
#include "chaos/checkers/registers.h"
#include "chaos/checkers/sets.h"
#include "chaos/checkers/staleness.h"
#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

constexpr size_t kOperationsMin = 20;  // fewer prove nothing
constexpr const char* kSetKeys = "db:set:";

struct Probe {
  const char* prefix;  // of its keys
  uint64_t Workload::*clients;
  const char* claim;
  Judgement (*judge)(const History&);
};
constexpr Probe kProbes[] = {
    {"chaos:register:", &Workload::cache_registers, "registers of the cache are linearizable",
     judge_registers},
    {"db:register:", &Workload::db_registers, "rows of the database are linearizable registers",
     judge_registers},
    {"db:cas:", &Workload::db_cas, "compare-and-set rows of the database are linearizable",
     [](const History& history) { return judge_compare_and_set(history); }},
    {kSetKeys, &Workload::db_sets,
     "sets in the database are linearizable: no acknowledged row is lost", judge_sets},
};

void add_claim(const std::string& name, Judgement judgement, const Part& part, Claims& out,
               std::vector<Anomaly>& anomalies) {
  Claim claim{name, Ruling::kHolds, ""};
  claim.text = std::to_string(judgement.operations) + " operations, " +
               std::to_string(judgement.anomalies.size()) + " anomalies (" + judgement.algorithm +
               ")";
  if (judgement.gave_up) claim.text += "; gave up: too many overlap";
  if (judgement.operations < kOperationsMin || judgement.gave_up)
    claim.ruling = Ruling::kInconclusive;
  if (!judgement.anomalies.empty()) {
    claim.ruling = Ruling::kViolated;
    claim.text +=
        "; first: key " + judgement.anomalies.front().key + ": " + judgement.anomalies.front().text;
  }
  out.push_back(std::move(claim));
  judgement.anomalies = back_in_place(std::move(judgement.anomalies), part);
  std::move(judgement.anomalies.begin(), judgement.anomalies.end(), std::back_inserter(anomalies));
}

Part part_of(const History& history, const std::string& prefix) {
  return part_where(history, [&](const Operation& one) { return one.key.starts_with(prefix); });
}

// Rows may come late to a replica; how late is measured, and bounded where the scenario says so.
void claim_staleness(const RunRecord& record, const Part& adds, Claims& out,
                     std::vector<Anomaly>& anomalies) {
  const Part part = part_of(record.history, std::string(kReplicaKeys));
  if (part.history.empty()) return;
  Staleness seen = judge_staleness(adds.history, part.history);
  const auto limit = record.scenario.bounds.limits.find("staleness_ms_max");
  const bool bounded = limit != record.scenario.bounds.limits.end();
  Claim claim = holds_if(
      "replicas show nothing that was never written, and are not far behind",
      seen.anomalies.empty() && (!bounded || seen.max <= limit->second * kMillisecond),
      std::to_string(seen.reads) + " reads; behind by " + std::to_string(seen.p50 / kMillisecond) +
          " ms in the median, " + std::to_string(seen.p99 / kMillisecond) + " ms p99, " +
          std::to_string(seen.max / kMillisecond) + " ms at most" +
          (bounded ? ", allowed " + std::to_string(limit->second) + " ms" : ""));
  if (seen.reads < kOperationsMin && claim.ruling == Ruling::kHolds) {
    claim.ruling = Ruling::kInconclusive;
  }
  out.push_back(std::move(claim));
  seen.anomalies = back_in_place(std::move(seen.anomalies), part);
  std::move(seen.anomalies.begin(), seen.anomalies.end(), std::back_inserter(anomalies));
}

// One operation at a time in each process, in the order of time.
Claim about_form(const History& history) {
  std::map<std::string, Nanos> free_at;
  size_t wrong = 0;
  for (const Operation& one : history) {
    const Nanos end = one.returned == kNeverEnded ? one.called : one.returned;
    Nanos& free = free_at[one.process];
    if (one.called < free || end < one.called) ++wrong;
    free = std::max(free, end);
  }
  return holds_if("the history is well-formed", wrong == 0,
                  std::to_string(history.size()) + " operations of " +
                      std::to_string(free_at.size()) + " clients, " + std::to_string(wrong) +
                      " out of order");
}

bool has_enough(const History& history, std::string_view prefix) {
  size_t count = 0;
  for (auto one = history.begin(); one != history.end() && count < kOperationsMin; ++one) {
    count += one->end == Operation::End::kOk && one->key.starts_with(prefix);
  }
  return count == kOperationsMin;
}

}  // namespace

bool enough_operations(const Workload& load, const History& history) {
  const bool probes = std::all_of(std::begin(kProbes), std::end(kProbes), [&](const Probe& probe) {
    return load.*probe.clients == 0 || has_enough(history, probe.prefix);
  });
  const bool replicas = load.db_sets > 0 && load.replica_readers > 0;
  return probes && (!replicas || has_enough(history, kReplicaKeys));
}

void claim_histories(const RunRecord& record, Claims& out, std::vector<Anomaly>& anomalies) {
  if (record.history.empty()) return;
  const Workload& load = record.scenario.workload;
  out.push_back(about_form(record.history));
  for (const Probe& probe : kProbes) {
    const Part part = part_of(record.history, probe.prefix);
    if (load.*probe.clients == 0 || part.history.empty()) continue;
    add_claim(probe.claim, probe.judge(part.history), part, out, anomalies);
  }
  const Part sets = part_of(record.history, kSetKeys);
  if (load.db_sets > 0 && load.replica_readers > 0) claim_staleness(record, sets, out, anomalies);
}

}  // namespace multiaz::chaos
