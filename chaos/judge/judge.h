// From what a run left behind to what it says: every claim, each by a function of its own. The same
// for a run that has just ended and for one that is read from its folder. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chaos/checkers/verdict.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

// What was found wrong in histories, for a report: at most kAnomaliesMax.
constexpr size_t kAnomaliesMax = 50;
struct JudgedRun {
  Verdict verdict;
  std::vector<Anomaly> anomalies;  // places are in the record's history
};
JudgedRun judge(const RunRecord& record);

// --- the claims, by file; each adds what it has to say
using Claims = std::vector<Claim>;
void claim_conditions(const RunRecord& record, Claims& out);  // healthy before, bit, overlapped
void claim_histories(const RunRecord& record, Claims& out, std::vector<Anomaly>& anomalies);
void claim_books(const RunRecord& record, Claims& out);   // carts, orders, stock, replicas
void claim_leases(const RunRecord& record, Claims& out);  // primaries, epochs
void claim_times(const RunRecord& record, Claims& out);   // outages, recovery, goodput
void claim_rounds(const RunRecord& record, Claims& out);  // each scenario of a series (rounds.h)
void claim_end(const RunRecord& record, Claims& out);     // whole, calm, clean
void claim_sight(const RunRecord& record, Claims& out);   // whether the record can be believed

// --- shared
// A daemon's word about its time as primary: from `at` on, or until then (CLOCK_MONOTONIC).
struct LeaseNote {
  bool begins = false;
  uint64_t epoch = 0;
  Nanos at = 0;
};
std::optional<LeaseNote> lease_of(const Event& event);  // nothing: it is about something else
Nanos first_strike(const RunRecord& record);            // 0: no fault struck
Nanos last_heal(const RunRecord& record);
uint64_t failures_in(const RunRecord& record);  // requests that failed
// Of the shop, and by name where visitors come that way.
std::vector<Path> visited_paths(const RunRecord& record);
// How much of [from, to] the machine stood still.
Nanos stood_still(const RunRecord& record, Nanos from, Nanos to);
// The longest time without a success of the path in [from, to]; kSeen: without standstills.
enum class Span { kAll, kSeen };
Nanos longest_outage(const RunRecord& record, Path path, Nanos from, Nanos to,
                     Span span = Span::kAll);
// Whether `history` has enough of every probe for the claims about it to be decided: whose faults
// and roster the record has.
bool enough_operations(const RunRecord& record, const History& history);
// The scenario's visitors were to shop in the shop, and it is there.
bool owes_shopping(const RunRecord& record);
Claim holds_if(std::string name, bool good, std::string text);
// Claims `seen` <= the scenario's limit of that key; nothing when it has none.
void claim_at_most(const RunRecord& record, const char* key, const char* name, uint64_t seen,
                   Claims& out);

// --- what a run says in short
// What it measured, for programs, and to lay two runs side by side. In the order of a report:
// outage_PATH_ms (the longest time without a success from the first
// fault on), PATH_p50_ms, PATH_p99_ms (of successes), requests, failed_requests, goodput_per_s,
// acked_writes, lost_writes, orders, lost_orders, anomalies, recovery_ms.
Figures figures_of(const RunRecord& record, const JudgedRun& judged);

// "away: browse 21 ms, cart 195 ms, order 230 ms; 12 of 3,806 requests failed; lost: 0 of 385 cart
// writes, 0 of 41 orders". What nobody tried has a dash.
std::string headline_of(const RunRecord& record);
// "3,806".
std::string with_commas(uint64_t number);
std::string lost_words(const FinalReading& reading);
std::string failed_words(const RunRecord& record);

// Every sort of probe that the record owes was answered so often that claims can rest on the time
// before the first fault.
bool probes_answered(const RunRecord& record, const History& history);

}  // namespace multiaz::chaos
