// Claims about the histories of probes: registers and sets, of the cache and of the database.
#include <algorithm>
#include <map>
#include <set>

#include "chaos/checkers/compare_and_set.h"
#include "chaos/checkers/part.h"
#include "chaos/checkers/registers.h"
#include "chaos/checkers/sets.h"
#include "chaos/checkers/staleness.h"
#include "chaos/judge/enough.h"
#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

constexpr const char* kSetKeys = "db:set:";

struct Probe {
  const char* tier;
  const char* prefix;  // of its keys
  uint64_t Workload::*clients;
  const char* claim;
  Judgement (*judge)(const History&);
};
constexpr Probe kProbes[] = {
    {"cache", "chaos:register:", &Workload::cache_registers,
     "registers of the cache are linearizable", judge_registers},
    {"db", "db:register:", &Workload::db_registers,
     "rows of the database are linearizable registers", judge_registers},
    {"db", "db:cas:", &Workload::db_cas, "compare-and-set rows of the database are linearizable",
     [](const History& history) { return judge_compare_and_set(history); }},
    {"db", kSetKeys, &Workload::db_sets,
     "sets in the database are linearizable: no acknowledged row is lost", judge_sets},
};

bool owed(const Probe& probe, const Workload& load, const Roster& roster) {
  return load.*probe.clients > 0 && load.probes_per_key > 0 && roster.has(probe.tier);
}

bool owes_replica_reads(const Workload& load, const Roster& roster) {
  return load.db_sets > 0 && load.replica_readers > 0 && roster.read_replica();
}

bool writes(const Operation& one) {
  return one.kind != Operation::Kind::kRead && one.kind != Operation::Kind::kReadSet;
}

bool at_the_end(const Operation& one) {
  return one.process.starts_with("final");
}

// The answered operations, and their times. What was refused or never answered proves nothing.
struct Answered {
  uint64_t all = 0, before = 0, after = 0;

  void take(const Operation& one, Nanos strike, Nanos heal) {
    if (one.end != Operation::End::kOk || at_the_end(one)) return;
    ++all;
    before += strike == 0 || one.returned <= strike;
    after += one.called >= heal;
  }
  [[nodiscard]] bool enough() const {
    return all >= enough::kOperations && before >= enough::kAround && after >= enough::kAround;
  }
  void bear(Claim& claim) const {
    rest_on(claim, all, enough::kOperations, "answered operations");
    rest_on(claim, before, enough::kAround, "operations answered before the first fault");
    rest_on(claim, after, enough::kAround, "operations answered after the last fault");
  }
};

Answered answered_in(const History& history, std::string_view prefix, Nanos strike, Nanos heal) {
  Answered out;
  for (const Operation& one : history) {
    if (one.key.starts_with(prefix)) out.take(one, strike, heal);
  }
  return out;
}

// The keys that clients could write, and those that were read again when all was over.
struct Keys {
  std::set<std::string_view> written, read_again;
  uint64_t writes = 0;
};

Keys keys_in(const History& history) {
  Keys out;
  for (const Operation& one : history) {
    if (one.end != Operation::End::kOk) continue;
    if (at_the_end(one)) out.read_again.insert(one.key);
    if (!writes(one)) continue;
    ++out.writes;
    out.written.insert(one.key);
  }
  return out;
}

void add_claim(const RunRecord& record, const Probe& probe, const Part& part, Claims& out,
               std::vector<Anomaly>& anomalies) {
  Judgement judgement = probe.judge(part.history);
  const Answered answered = answered_in(part.history, "", first_strike(record), last_heal(record));
  const Keys keys = keys_in(part.history);
  Claim claim{probe.claim, Ruling::kHolds, ""};
  claim.text = std::to_string(answered.all) + " operations answered of " +
               std::to_string(judgement.operations) + " (" + std::to_string(keys.writes) +
               " writes), " + std::to_string(judgement.anomalies.size()) + " anomalies (" +
               judgement.algorithm + ")";
  if (judgement.gave_up) {
    claim.text += "; gave up: too many overlap";
    claim.ruling = Ruling::kInconclusive;
  }
  if (!judgement.anomalies.empty()) {
    claim.ruling = Ruling::kViolated;
    claim.text +=
        "; first: key " + judgement.anomalies.front().key + ": " + judgement.anomalies.front().text;
  }
  answered.bear(claim);
  const uint64_t all = record.scenario.workload.*probe.clients;
  rest_on(claim, keys.written.size(), all, "keys that somebody could write");
  rest_on(claim, keys.read_again.size(), all, "keys that were read again at the end");
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
  answered_in(part.history, "", first_strike(record), last_heal(record)).bear(claim);
  out.push_back(std::move(claim));
  seen.anomalies = back_in_place(std::move(seen.anomalies), part);
  std::move(seen.anomalies.begin(), seen.anomalies.end(), std::back_inserter(anomalies));
}

// Checks that each process has one operation at a time, in the order of time.
Claim about_form(const History& history) {
  std::map<std::string, Nanos> free_at;
  size_t wrong = 0;
  for (const Operation& one : history) {
    const Nanos end = one.returned == kNeverEnded ? one.called : one.returned;
    Nanos& free = free_at[one.process];
    if (one.called < free || end < one.called) ++wrong;
    free = std::max(free, end);
  }
  Claim out =
      holds_if("the history is well-formed", wrong == 0,
               std::to_string(history.size()) + " operations of " + std::to_string(free_at.size()) +
                   " clients, " + std::to_string(wrong) + " out of order");
  rest_on(out, history.size(), enough::kOperations, "operations");
  return out;
}

// Whether `fine` is true of every sort of probe that must be there, by the beginning of its keys.
template <typename Fine>
bool each_owed(const RunRecord& record, Fine fine) {
  const Workload& load = record.scenario.workload;
  const bool probes = std::ranges::all_of(kProbes, [&](const Probe& probe) {
    return !owed(probe, load, record.roster) || fine(std::string_view(probe.prefix));
  });
  return probes && (!owes_replica_reads(load, record.roster) || fine(kReplicaKeys));
}

}  // namespace

bool probes_answered(const RunRecord& record, const History& history) {
  return each_owed(record, [&](std::string_view prefix) {
    return answered_in(history, prefix, 0, 0).before >= enough::kAround;
  });
}

bool enough_operations(const RunRecord& record, const History& history) {
  return each_owed(record, [&](std::string_view prefix) {
    return answered_in(history, prefix, first_strike(record), last_heal(record)).enough();
  });
}

void claim_histories(const RunRecord& record, Claims& out, std::vector<Anomaly>& anomalies) {
  const Workload& load = record.scenario.workload;
  bool any = false;
  for (const Probe& probe : kProbes) any = any || owed(probe, load, record.roster);
  if (!any && record.history.empty()) return;
  out.push_back(about_form(record.history));
  for (const Probe& probe : kProbes) {
    const Part part = part_of(record.history, probe.prefix);
    if (!owed(probe, load, record.roster) && part.history.empty()) continue;
    add_claim(record, probe, part, out, anomalies);
  }
  const Part sets = part_of(record.history, kSetKeys);
  if (owes_replica_reads(load, record.roster)) claim_staleness(record, sets, out, anomalies);
}

}  // namespace multiaz::chaos
