// A record is judged: every claim of a good one holds, and each possible violation is found.
#include "chaos/judge/judge.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "chaos/report/mttr.h"
#include "chaos/report/report.h"

namespace multiaz::chaos {
namespace {

constexpr Nanos kStart = 100 * kSecond;

// Four seconds of load; at 101 s the primary is killed, at 101.2 s another serves.
RunRecord good() {
  RunRecord out;
  out.scenario.name = "sample";
  out.scenario.title = "A sample";
  out.scenario.workload.cache_registers = out.scenario.workload.db_registers = 0;
  out.scenario.workload.db_sets = 0;
  out.began = kStart - kSecond;
  out.load_from = kStart;
  out.load_until = kStart + 4 * kSecond;
  out.whole_at = kStart + 2 * kSecond;
  out.ended = kStart + 5 * kSecond;
  out.healthy_before = out.whole_after = out.clean = true;
  FaultRecord kill;
  kill.spec.name = "1";
  kill.spec.kind = "kill";
  kill.spec.target = "cache:primary";
  kill.targets = {"cache-a1"};
  kill.applied = kill.verified = kill.healed = kStart + kSecond;
  kill.bit = true;
  out.scenario.faults = {kill.spec};
  out.faults = {kill};
  for (Nanos at = kStart; at < out.load_until; at += 10 * kMillisecond) {
    if (at >= kStart + kSecond && at < kStart + kSecond + 200 * kMillisecond) continue;
    if (at == kStart + kSecond + 200 * kMillisecond) {  // it waited for the next primary
      out.requests.push_back(Request{Path::kCart, kStart + kSecond, at + kMillisecond, true});
    }
    for (const Path path : {Path::kBrowse, Path::kCart, Path::kOrder}) {
      out.requests.push_back(Request{path, at, at + kMillisecond, true});
    }
  }
  const auto lease = [&](Nanos at, const char* who, const std::string& text) {
    out.events.push_back(Event{out.events.size() + 1, at, "lease", who, who, text});
  };
  const auto ns = [](Nanos at) { return std::to_string(at); };
  lease(kStart, "cache-a1", "epoch 1 serves since " + ns(kStart) + " ns");
  out.events.push_back(Event{2, kStart + kSecond, "exit", "supervisor", "cache-a1", "killed"});
  const Nanos promoted = kStart + kSecond + 200 * kMillisecond;
  lease(promoted, "cache-b1", "epoch 2 serves since " + ns(promoted) + " ns");
  out.roster.members = {{"web-a1", "web", "webnode"},
                        {"cache-a1", "cache", "cachenode"},
                        {"cache-b1", "cache", "cachenode"}};
  out.members = {MemberEnd{"cache", "cache-a1", 9, 5}, MemberEnd{"cache", "cache-b1", 9, 5}};
  out.logs_read = 4;
  out.reading.carts = out.reading.orders = 10;
  out.reading.acked_writes = 50;
  return out;
}

Ruling ruling_of(const RunRecord& record, const std::string& name) {
  for (const Claim& claim : judge(record).verdict.claims) {
    if (claim.name.find(name) != std::string::npos) return claim.ruling;
  }
  ADD_FAILURE() << "no claim " << name;
  return Ruling::kHolds;
}

TEST(Judge, AGoodRunHolds) {
  for (const Claim& claim : judge(good()).verdict.claims) {
    EXPECT_EQ(claim.ruling, Ruling::kHolds) << claim.name << ": " << claim.text;
  }
}

TEST(Judge, AFaultThatDidNotBiteIsNeverGreen) {
  RunRecord record = good();
  record.faults[0].bit = false;
  EXPECT_EQ(exit_code(judge(record).verdict.worst()), 4);
}

TEST(Judge, LoadThatDidNotOverlapTheFaultIsInconclusive) {
  RunRecord record = good();
  std::erase_if(record.requests, [](const Request& one) { return one.sent > kStart + kSecond; });
  EXPECT_EQ(ruling_of(record, "the load overlapped"), Ruling::kInconclusive);
  record = good();
  std::erase_if(record.requests, [](const Request& one) { return one.sent < kStart + kSecond; });
  EXPECT_EQ(exit_code(judge(record).verdict.worst()), 2);
}

TEST(Judge, NotHealthyBeforeIsThree) {
  RunRecord record = good();
  record.healthy_before = false;
  EXPECT_EQ(exit_code(judge(record).verdict.worst()), 3);
}

TEST(Judge, AProcessThatIsGoneServesNoMoreWhenItsExitIsToldLate) {
  RunRecord record = good();
  for (Event& event : record.events) {
    if (event.kind == "exit") event.at += 700 * kMillisecond;  // a thread waited for the disk
  }
  EXPECT_EQ(ruling_of(record, "leases of primaries never overlap"), Ruling::kViolated);
  record.faults[0].hits = {Hit{"cache-a1", 7, kStart + kSecond, false}};
  EXPECT_EQ(ruling_of(record, "leases of primaries never overlap"), Ruling::kViolated);
  record.faults[0].hits[0].verified = true;
  EXPECT_EQ(ruling_of(record, "leases of primaries never overlap"), Ruling::kHolds);
  record.faults[0].spec.kind = "stop";  // a process that was seen stopped may be continued
  EXPECT_EQ(ruling_of(record, "leases of primaries never overlap"), Ruling::kViolated);
}

TEST(Judge, TwoLeasesAtTheSameTimeAreFoundToTheMicrosecond) {
  RunRecord record = good();
  record.events.erase(record.events.begin() + 1);  // the old one did not end
  EXPECT_EQ(ruling_of(record, "leases of primaries never overlap"), Ruling::kViolated);
}

// A process that is stopped serves no client, whenever it is killed.
TEST(Judge, TheReignOfOneThatWasKilledWhileStoppedEndedWhenItWasStopped) {
  RunRecord record = good();
  record.events[1].at = kStart + 2 * kSecond;  // its exit, after the next one serves
  EXPECT_EQ(ruling_of(record, "leases of primaries never overlap"), Ruling::kViolated);
  Event stop = record.events[1];
  stop.kind = "stop";
  stop.at = kStart + kSecond;
  record.events.insert(record.events.begin() + 1, stop);
  EXPECT_EQ(ruling_of(record, "leases of primaries never overlap"), Ruling::kHolds);
  stop.kind = "cont";
  stop.at += kMillisecond;
  record.events.insert(record.events.begin() + 2, stop);
  EXPECT_EQ(ruling_of(record, "leases of primaries never overlap"), Ruling::kViolated);
}

TEST(Judge, AnEpochThatIsGivenTwiceIsFound) {
  RunRecord record = good();
  record.events.back().text =
      "epoch 1 serves since " + std::to_string(kStart + 2 * kSecond) + " ns";
  EXPECT_EQ(ruling_of(record, "epochs grow"), Ruling::kViolated);
}

TEST(Judge, BoundsAreHeldAgainstWhatWasSeen) {
  RunRecord record = good();
  record.scenario.bounds.outage_ms_max["cart"] = 250;
  EXPECT_EQ(ruling_of(record, "outage of cart"), Ruling::kHolds);
  record.scenario.bounds.outage_ms_max["cart"] = 150;
  EXPECT_EQ(ruling_of(record, "outage of cart"), Ruling::kViolated);
  record.scenario.bounds.limits["failed_requests_max"] = 0;
  EXPECT_EQ(ruling_of(record, "few requests fail"), Ruling::kHolds);
  record.requests.push_back(
      Request{Path::kCart, kStart + 2 * kSecond, kStart + 3 * kSecond, false});
  EXPECT_EQ(ruling_of(record, "few requests fail"), Ruling::kViolated);
}

TEST(Judge, MetastableIsWhenTheLoadIsNotServedAsBefore) {
  RunRecord record = good();
  record.scenario.bounds.limits["goodput_percent_min"] = 90;
  EXPECT_EQ(ruling_of(record, "served again as before"), Ruling::kHolds);
  const auto at_the_end = [&](size_t nth, auto change) {
    RunRecord changed = record;
    size_t number = 0;
    for (Request& one : changed.requests) {
      if (one.sent > kStart + 2 * kSecond && ++number % nth == 0) change(one);
    }
    return ruling_of(changed, "served again as before");
  };
  const auto fail = [](Request& one) { one.ok = false; };
  const auto hang = [](Request& one) { one.done += 2 * kSecond; };
  EXPECT_EQ(at_the_end(2, fail), Ruling::kViolated);
  EXPECT_EQ(at_the_end(2, hang), Ruling::kViolated);
  EXPECT_EQ(at_the_end(20, hang), Ruling::kHolds);
  std::erase_if(record.requests,
                [](const Request& one) { return one.sent > kStart + 2 * kSecond; });
  EXPECT_EQ(ruling_of(record, "served again as before"), Ruling::kInconclusive) << "none was due";
}

TEST(Judge, AFailoverIsARoleThatMoves) {
  RunRecord record = good();
  const auto serves = [&](Nanos at, const char* who, const char* text) {
    record.events.push_back(
        Event{record.events.size() + 1, at, "serving", "orchestrator", who, text});
  };
  serves(kStart - kSecond, "cache-a1", "serves as primary of epoch 1");
  serves(kStart - kSecond, "db-a1", "serves as primary of epoch 1");
  serves(kStart + kSecond, "cache-b1", "serves as primary of epoch 2");
  serves(kStart + 2 * kSecond, "cache-b1", "serves as primary of epoch 3");
  record.scenario.bounds.limits["failovers_max"] = 1;
  EXPECT_EQ(ruling_of(record, "calm: failovers"), Ruling::kHolds);
  record.scenario.bounds.limits["failovers_max"] = 0;
  EXPECT_EQ(ruling_of(record, "calm: failovers"), Ruling::kViolated);
}

TEST(Judge, AMachineThatStoodStillDecidesNoBoundOnTimes) {
  RunRecord record = good();
  record.scenario.bounds.outage_ms_max["cart"] = 150;
  record.standstills = {{kStart + 2 * kSecond, kStart + 3 * kSecond}};
  EXPECT_EQ(ruling_of(record, "outage of cart"), Ruling::kViolated) << "it was at another time";
  record.standstills = {{kStart + kSecond, kStart + kSecond + 100 * kMillisecond}};
  EXPECT_EQ(ruling_of(record, "outage of cart"), Ruling::kInconclusive);
  record.scenario.bounds.outage_ms_max["cart"] = 50;
  EXPECT_EQ(ruling_of(record, "outage of cart"), Ruling::kViolated) << "even without it";
  record.scenario.bounds.outage_ms_max["cart"] = 250;
  EXPECT_EQ(ruling_of(record, "outage of cart"), Ruling::kHolds);
  record.scenario.bounds.limits["recovery_ms_max"] = 950;
  EXPECT_EQ(ruling_of(record, "whole again in time"), Ruling::kInconclusive);
}

TEST(Judge, LossDuplicatesStockAndReplicasAreClaimed) {
  RunRecord record = good();
  record.reading.lost_orders = 1;
  EXPECT_EQ(ruling_of(record, "no acknowledged order is lost"), Ruling::kViolated);
  record = good();
  record.stock = StockEnd{true, 100, 90, 9, 0};
  EXPECT_EQ(ruling_of(record, "stock is conserved"), Ruling::kViolated);
  record = good();
  record.members = {MemberEnd{"db", "db-a1", 7, 1}, MemberEnd{"db", "db-b1", 7, 2}};
  EXPECT_EQ(ruling_of(record, "hold the same log"), Ruling::kViolated);
  record = good();
  record.stale_reads = {{Finding::Kind::kReplayedOrder, "s1", "key-1", "answered as made before"}};
  EXPECT_EQ(ruling_of(record, "executed twice"), Ruling::kViolated);
  EXPECT_NE(ruling_of(record, "no reading in between"), Ruling::kViolated);
  record = good();
  record.alarms = {"web-a1: CHECK failed"};
  EXPECT_EQ(ruling_of(record, "reports a fault of its own"), Ruling::kViolated);
}

TEST(Recovery, IsSplitIntoItsParts) {
  const auto parts = recoveries(good());
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].path, "cart");
  EXPECT_EQ(*parts[0].detected - parts[0].struck, 0u);
  EXPECT_EQ(*parts[0].promoted - parts[0].struck, 200 * kMillisecond);
  EXPECT_EQ(*parts[0].routed - parts[0].struck, 201 * kMillisecond);
  EXPECT_EQ(*parts[0].redundant - parts[0].struck, kSecond);
}

// Four samples a second; the cache is emptied by the fault, and full again after one second.
TEST(Recovery, IsWarmWhenTheHitRatioIsBack) {
  RunRecord record = good();
  EXPECT_FALSE(recoveries(record)[0].warm) << "nothing was counted";
  const Nanos struck = record.faults[0].applied;
  for (Nanos at = struck - 2 * kSecond; at <= struck + 4 * kSecond; at += kSecond / 4) {
    const bool cold = at > struck && at <= struck + kSecond;
    record.cache_reads.push_back({at, cold ? 10u : 38u, cold ? 30u : 2u});
  }
  const auto parts = recoveries(record);
  ASSERT_TRUE(parts[0].warm);
  EXPECT_EQ(*parts[0].warm - struck, kSecond);
}

TEST(Report, IsOnePageThatNeedsNothingElse) {
  RunRecord record = good();
  record.scenario.title = "<b>&\"quotes\"";
  const std::string page = report_html(record, judge(record));
  EXPECT_NE(page.find("&lt;b&gt;&amp;&quot;quotes&quot;"), std::string::npos);
  for (const char* outside : {" src=", " href=", "@import", "url(", "fetch("}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  EXPECT_NE(page.find("epoch 2"), std::string::npos);
}

}  // namespace
}  // namespace multiaz::chaos
