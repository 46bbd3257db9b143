// Series: the cost of each scenario, judged from the record alone.
#include "chaos/judge/rounds.h"

#include <gtest/gtest.h>

#include <string>

#include "chaos/judge/judge.h"

namespace multiaz::chaos {
namespace {

constexpr Nanos at(uint64_t ms) {
  return 10 * kSecond + ms * kMillisecond;
}

void ask(RunRecord& record, Path path, uint64_t sent_ms, uint64_t done_ms, bool ok) {
  record.requests.push_back({path, at(sent_ms), at(done_ms), ok});
}

void note(RunRecord& record, uint64_t ms, const char* kind, const char* target) {
  Event event;
  event.at = at(ms);
  event.kind = kind;
  event.target = target;
  record.events.push_back(event);
}

// A primary of the cache is cut off at 1,000 ms and killed at 2,000; cache-b1 serves from 2,600,
// and the cluster is healthy again at 4,000.
RunRecord cut_then_killed() {
  RunRecord record;
  for (const char* kind : {"isolate", "kill"}) {
    FaultRecord fault;
    fault.spec.kind = kind;
    fault.targets = {"cache-a1"};
    fault.applied = at(record.faults.empty() ? 1'000 : 2'000);
    fault.bit = true;
    fault.proof =
        record.faults.empty() ? "cache-b1: fabric_bytes_held grew by 7" : "cache-a1 pid 5";
    record.faults.push_back(fault);
  }
  RoundRecord round;
  round.name = "cut, then kill";
  round.paths = {Path::kCart};
  round.faults = 2;
  round.from = at(900);
  round.struck = at(1'000);
  round.whole_at = at(4'000);
  round.until = at(5'000);
  round.whole = true;
  record.rounds.push_back(round);
  ask(record, Path::kCart, 500, 510, true);
  ask(record, Path::kCart, 1'100, 1'200, true);
  ask(record, Path::kCart, 1'300, 2'300, false);
  ask(record, Path::kCart, 2'500, 2'700, true);
  ask(record, Path::kCart, 4'900, 4'910, true);
  note(record, 400, "serving", "cache-a1");
  note(record, 2'000, "kill", "cache-a1");
  note(record, 2'010, "exit", "cache-a1");
  note(record, 2'600, "serving", "cache-b1");
  note(record, 2'900, "serving", "db-b1");
  return record;
}

std::string text_of(const RunRecord& record) {
  Claims claims;
  claim_rounds(record, claims);
  return std::string(to_string(claims.front().ruling)) + ": " + claims.front().text;
}

TEST(Rounds, TellWhatAScenarioCostFromItsFirstStrikeOn) {
  const RunRecord record = cut_then_killed();
  const RoundFigures seen = figures_of(record, record.rounds.front());
  EXPECT_TRUE(seen.bit);
  EXPECT_TRUE(seen.overlapped);
  EXPECT_EQ(seen.proof, "cache-b1: fabric_bytes_held grew by 7; the pid is gone: cache-a1 pid 5");
  EXPECT_EQ(seen.took_over, "cache-b1");  // the database was not hit
  EXPECT_EQ(seen.detect_ms, 1'010u);      // the order to kill is no detection
  EXPECT_EQ(seen.outage_ms, 2'210u);
  EXPECT_EQ(seen.failed, 1u);
  EXPECT_EQ(seen.whole_again_ms, 3'000u);
  EXPECT_EQ(text_of(record).substr(0, 5), "holds");
}

TEST(Rounds, AreNotGreenWhenAFaultMissedOrNothingRecoveredOrNothingWasAsked) {
  RunRecord missed = cut_then_killed();
  missed.faults[1].bit = false;
  EXPECT_EQ(text_of(missed),
            "not applied: it did not bite: cache-b1: fabric_bytes_held grew by 7; cache-a1 pid 5");
  RunRecord broken = cut_then_killed();
  broken.rounds[0].whole = false;
  EXPECT_EQ(text_of(broken).substr(0, 25), "violated: not whole again");
  RunRecord idle = cut_then_killed();
  idle.requests.erase(idle.requests.begin());
  EXPECT_EQ(text_of(idle).substr(0, 30), "inconclusive: the paths it hit");
}

TEST(Rounds, OfASingleRunAreNoClaimsOfTheirOwn) {
  RunRecord record = cut_then_killed();
  record.rounds[0].name.clear();
  Claims claims;
  claim_rounds(record, claims);
  EXPECT_TRUE(claims.empty());
}

}  // namespace
}  // namespace multiaz::chaos
