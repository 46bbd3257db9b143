// From the record of a run to its claims, each by a function of its own. A run that has just ended
// and one that is read from its folder are judged alike. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chaos/checkers/verdict.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

// Anomalies found in histories, for a report: at most kAnomaliesMax.
constexpr size_t kAnomaliesMax = 50;
struct JudgedRun {
  Verdict verdict;
  std::vector<Anomaly> anomalies;  // places are in the record's history
};
JudgedRun judge(const RunRecord& record);

// --- The claims, by file; each function adds its own.
using Claims = std::vector<Claim>;
void claim_conditions(const RunRecord& record, Claims& out);  // healthy, verified, overlapped
void claim_histories(const RunRecord& record, Claims& out, std::vector<Anomaly>& anomalies);
void claim_books(const RunRecord& record, Claims& out);   // carts, orders, stock, replicas
void claim_leases(const RunRecord& record, Claims& out);  // primaries, epochs
void claim_times(const RunRecord& record, Claims& out);   // outages, recovery, goodput
void claim_rounds(const RunRecord& record, Claims& out);  // each scenario of a series (rounds.h)
void claim_end(const RunRecord& record, Claims& out);     // healthy, without alarms, clean
void claim_sight(const RunRecord& record, Claims& out);   // whether the record can be believed

// --- shared
// A daemon's event about its time as primary: from `at` on, or until then (CLOCK_MONOTONIC).
struct LeaseNote {
  bool begins = false;
  uint64_t epoch = 0;
  Nanos at = 0;
};
std::optional<LeaseNote> lease_of(const Event& event);  // nothing: it is another event
Nanos first_strike(const RunRecord& record);            // 0: no fault was injected
Nanos last_heal(const RunRecord& record);
uint64_t failures_in(const RunRecord& record);  // requests that failed
// The paths of the shop, and kNamed where visitors come by name.
std::vector<Path> visited_paths(const RunRecord& record);
// How much of [from, to] the machine gave this program no time to run.
Nanos stood_still(const RunRecord& record, Nanos from, Nanos to);
// The longest time without a success of the path in [from, to]; kSeen: without standstills.
enum class Span { kAll, kSeen };
Nanos longest_outage(const RunRecord& record, Path path, Nanos from, Nanos to,
                     Span span = Span::kAll);
// Whether `history` has enough operations of every probe to decide the claims about it; the faults
// and the roster are those of the record.
bool enough_operations(const RunRecord& record, const History& history);
// The scenario has visitors for the shop, and the shop is there.
bool owes_shopping(const RunRecord& record);
Claim holds_if(std::string name, bool good, std::string text);
// Claims `seen` <= the scenario's limit of that key; nothing when it has none.
void claim_at_most(const RunRecord& record, const char* key, const char* name, uint64_t seen,
                   Claims& out);

// --- The summary of a run.
// The measured values, for programs and to compare two runs, in the order of a report:
// outage_PATH_ms (the longest time without a success from the first fault on), PATH_p50_ms,
// PATH_p99_ms (of successes), requests, failed_requests, goodput_per_s, acked_writes, lost_writes,
// orders, lost_orders, anomalies, recovery_ms.
Figures figures_of(const RunRecord& record, const JudgedRun& judged);

// "away: browse 21 ms, cart 195 ms, order 230 ms; 12 of 3,806 requests failed; lost: 0 of 385 cart
// writes, 0 of 41 orders". What no client tried has a dash.
std::string headline_of(const RunRecord& record);
// "3,806".
std::string with_commas(uint64_t number);
std::string lost_words(const FinalReading& reading);
std::string failed_words(const RunRecord& record);

// Whether every sort of probe that the record must have was answered so often that claims can rest
// on the time before the first fault.
bool probes_answered(const RunRecord& record, const History& history);

}  // namespace multiaz::chaos
