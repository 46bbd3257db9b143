// A claim never holds for lack of evidence: what is taken out of a good record, or was never
// answered, makes it inconclusive, and the evidence that is owed follows from the scenario and from
// the roster.
#include <gtest/gtest.h>

#include <functional>

#include "chaos/judge/judge.h"
#include "chaos/judge/members.h"

namespace multiaz::chaos {
namespace {

constexpr Nanos kStart = 100 * kSecond;
constexpr Nanos kEnd = kStart + 4 * kSecond;
constexpr Nanos kStrike = kStart + kSecond;

using Kind = Operation::Kind;

Operation operation(const std::string& who, const std::string& key, Kind kind, Nanos at,
                    uint64_t value) {
  Operation out;
  out.process = who;
  out.key = key;
  out.kind = kind;
  out.value = value;
  out.called = at;
  out.returned = at + kMillisecond;
  return out;
}

// For each key one client that changes and reads in turn, and a final read.
void probe(RunRecord& record, const std::string& key, Kind change, Kind look) {
  std::vector<uint64_t> all;
  uint64_t value = 0;
  for (Nanos at = kStart; at < kEnd; at += 100 * kMillisecond) {
    Operation changed = operation("p " + key, key, change, at, ++value);
    if (change == Kind::kCas) changed.expected = value - 1;
    record.history.push_back(changed);
    all.push_back(value);
    Operation looked = operation("p " + key, key, look, at + 50 * kMillisecond, value);
    if (look == Kind::kReadSet) {
      looked.value = 0;
      looked.seen = all;
    }
    record.history.push_back(looked);
  }
  Operation last = record.history.back();
  last.process = "final " + key;
  last.called = kEnd + kMillisecond;
  last.returned = last.called + kMillisecond;
  record.history.push_back(last);
}

void replica_reads(RunRecord& record) {
  std::vector<uint64_t> seen;
  for (Nanos at = kStart; at < kEnd; at += 100 * kMillisecond) {
    seen.push_back(seen.size() + 1);
    Operation read =
        operation("replica", "db:replica:0", Kind::kReadSet, at + 70 * kMillisecond, 0);
    read.seen = seen;
    record.history.push_back(read);
  }
}

void events_of(RunRecord& record) {
  for (const char* id : {"cache-a1", "db-a1"}) {
    const std::string text = "epoch 1 serves since " + std::to_string(kStart - kSecond) + " ns";
    record.events.push_back(
        Event{record.events.size() + 1, kStart - kSecond, "lease", id, id, text});
  }
}

RunRecord good() {
  RunRecord out;
  out.scenario.name = out.scenario.title = "sample";
  Workload& load = out.scenario.workload;
  load.cache_registers = load.db_registers = 2;
  load.db_sets = load.db_cas = 1;
  out.scenario.bounds.outage_ms_max = {{"browse", 500}, {"cart", 500}};
  out.scenario.bounds.limits = {{"failed_requests_max", 5}, {"failovers_max", 1}};
  out.began = kStart - kSecond;
  out.load_from = kStart;
  out.load_until = kEnd;
  out.whole_at = kStart + 2 * kSecond;
  out.ended = kEnd + kSecond;
  out.healthy_before = out.whole_after = out.clean = true;
  out.roster = usual_roster();
  out.load_planned = load.shoppers;
  FaultRecord kill;
  kill.spec.name = "1";
  kill.spec.kind = "kill";
  kill.spec.target = "lb-a1";
  kill.applied = kill.verified = kill.healed = kStrike;
  kill.bit = true;
  out.scenario.faults = {kill.spec};
  out.faults = {kill};
  for (Nanos at = kStart; at < kEnd; at += 10 * kMillisecond) {
    for (const Path path : kShopPaths) out.requests.push_back({path, at, at + kMillisecond, true});
  }
  for (const char* key : {"chaos:register:0:0", "chaos:register:0:1"}) {
    probe(out, key, Kind::kWrite, Kind::kRead);
  }
  for (const char* key : {"db:register:0", "db:register:1"}) {
    probe(out, key, Kind::kWrite, Kind::kRead);
  }
  probe(out, "db:set:0", Kind::kAdd, Kind::kReadSet);
  probe(out, "db:cas:0", Kind::kCas, Kind::kRead);
  replica_reads(out);
  events_of(out);
  out.reading.carts = out.reading.orders = 10;
  out.reading.acked_writes = 50;
  out.stock = StockEnd{true, 100, 90, 10, 0};
  out.shown.looked_at = 5;
  for (const char* tier : {"cache", "db"}) {
    for (const std::string& id : out.roster.logs_of(tier)) out.members.push_back({tier, id, 7, 3});
  }
  out.logs_read = 12;
  return out;
}

std::string wrong_claims(const RunRecord& record) {
  std::string out;
  for (const Claim& claim : judge(record).verdict.claims) {
    if (claim.ruling == Ruling::kHolds) continue;
    out += std::string(to_string(claim.ruling)) + " " + claim.name + ": " + claim.text + "\n";
  }
  return out;
}

TEST(Silence, AGoodRecordIsGreen) {
  EXPECT_EQ(wrong_claims(good()), "");
}

struct Taken {
  const char* what;
  std::function<void(RunRecord&)> take;
  const char* said;  // a part of the expected wrong claims
};

template <typename Wanted>
std::function<void(RunRecord&)> without(Wanted wanted) {
  return [wanted](RunRecord& record) { std::erase_if(record.history, wanted); };
}

std::function<void(RunRecord&)> all_end(Operation::End end, const std::string& prefix = "") {
  return [=](RunRecord& record) {
    for (Operation& one : record.history) {
      if (!one.key.starts_with(prefix)) continue;
      one.end = end;
      if (end == Operation::End::kInfo) one.returned = kNeverEnded;
    }
  };
}

std::vector<Taken> taken_from_histories() {
  using End = Operation::End;
  const auto key = [](const char* prefix) {
    return [prefix](const Operation& one) { return one.key.starts_with(prefix); };
  };
  std::vector<Taken> out = {
      {"the whole history", [](RunRecord& r) { r.history.clear(); }, "registers of the cache"},
      {"all answers, refused", all_end(End::kFail), "0 answered operations"},
      {"all answers, in doubt", all_end(End::kInfo), "0 answered operations"},
      {"the second half",
       without([](const Operation& o) { return o.called > kStart + 2 * kSecond; }),
       "read again at the end"},
      {"the first half",
       without([](const Operation& o) { return o.called < kStart + 2 * kSecond; }),
       "before the first fault"},
      {"the last looks", without([](const Operation& o) { return o.process.starts_with("final"); }),
       "keys that were read again at the end"},
      {"one key", without(key("db:register:1")), "1 keys that somebody could write"},
      {"the writes of a key", without([](const Operation& o) {
         return o.key == "db:register:1" && o.kind == Kind::kWrite;
       }),
       "db:register:1"},
  };
  for (const char* prefix :
       {"chaos:register:", "db:register:", "db:set:", "db:cas:", "db:replica:"}) {
    out.push_back({prefix, without(key(prefix)), "inconclusive"});
    out.push_back({prefix, all_end(End::kFail, prefix), "inconclusive"});
  }
  return out;
}

std::vector<Taken> taken_from_the_rest() {
  return {
      {"the members", [](RunRecord& r) { r.members.clear(); },
       "cache-a1, cache-b1, cache-c1 did not"},
      {"one member", [](RunRecord& r) { r.members.pop_back(); }, "db-c1 did not say"},
      {"the events", [](RunRecord& r) { r.events.clear(); }, "no event says who served"},
      {"the leases of one tier", [](RunRecord& r) { r.events.pop_back(); }, "served of: db"},
      {"the requests", [](RunRecord& r) { r.requests.clear(); }, "nobody was served"},
      {"the answers to them",
       [](RunRecord& r) {
         for (auto& one : r.requests) one.ok = false;
       },
       "nobody was served"},
      {"one path",
       [](RunRecord& r) {
         std::erase_if(r.requests, [](const Request& one) { return one.path == Path::kCart; });
       },
       "outage of cart"},
      {"the carts", [](RunRecord& r) { r.reading = FinalReading(); }, "cart writes"},
      {"the orders", [](RunRecord& r) { r.reading.orders = 0; }, "acknowledged orders"},
      {"the stock", [](RunRecord& r) { r.stock = StockEnd(); }, "stock"},
      {"the pages", [](RunRecord& r) { r.shown = ShownEnd(); }, "products looked at"},
      {"the logs", [](RunRecord& r) { r.logs_read = 0; }, "logs of daemons"},
      {"the list of instances", [](RunRecord& r) { r.roster = Roster(); }, "who was there"},
      {"the faults", [](RunRecord& r) { r.faults.clear(); }, "never struck"},
      {"the faults and their plan",
       [](RunRecord& r) {
         r.faults.clear();
         r.scenario.faults.clear();
       },
       "no fault was planned"},
      {"the bite", [](RunRecord& r) { r.faults[0].bit = false; }, "not applied"},
      {"the shoppers", [](RunRecord& r) { r.scenario.workload.shoppers = 0; }, "somebody shops"},
      {"the shop",
       [](RunRecord& r) {
         for (auto& one : r.roster.members) {
           if (one.tier == "web") one.program = "/usr/bin/python3";
         }
       },
       "/usr/bin/python3"},
  };
}

TEST(Silence, WhateverIsTakenAwayIsMissed) {
  std::vector<Taken> all = taken_from_histories();
  for (Taken& one : taken_from_the_rest()) all.push_back(std::move(one));
  for (const Taken& one : all) {
    RunRecord record = good();
    one.take(record);
    const std::string wrong = wrong_claims(record);
    EXPECT_NE(exit_code(judge(record).verdict.worst()), 0) << one.what;
    EXPECT_NE(wrong.find(one.said), std::string::npos) << one.what << " taken away:\n" << wrong;
  }
}

TEST(Silence, WhatWasNotPromisedIsNotOwed) {
  RunRecord record = good();
  record.scenario.workload.db_cas = 0;
  std::erase_if(record.history, [](const Operation& one) { return one.key.starts_with("db:cas"); });
  EXPECT_EQ(wrong_claims(record), "");
  // A cluster without a cache has no registers, no log and no lease of it.
  std::erase_if(record.roster.members, [](const auto& one) { return one.tier == "cache"; });
  std::erase_if(record.members, [](const MemberEnd& one) { return one.group == "cache"; });
  std::erase_if(record.history, [](const Operation& one) { return one.key.starts_with("chaos"); });
  record.events.erase(record.events.begin());
  EXPECT_EQ(wrong_claims(record), "");
}

MemberLook look(const char* id, uint64_t tail, std::map<uint64_t, uint64_t> hashes) {
  return MemberLook{"db", id, tail, std::move(hashes)};
}

Roster two_members() {
  Roster out;
  out.members = {{"db-a1", "db", "dbnode"}, {"db-b1", "db", "dbnode"}};
  return out;
}

Ruling ruling_of(const MembersSeen& seen) {
  return about_members(two_members(), seen.ends()).ruling;
}

TEST(Members, AreComparedWhereAllOfThemHaveBeenWhileSomebodyWrites) {
  MembersSeen seen;
  seen.take({look("db-a1", 20, {{20, 120}, {16, 116}}), look("db-b1", 22, {{22, 122}, {16, 116}})});
  EXPECT_FALSE(seen.equal(two_members())) << "16 says nothing about what came until now";
  EXPECT_EQ(ruling_of(seen), Ruling::kViolated) << "a1 stands still so far";
  seen.take({look("db-a1", 30, {{30, 130}, {16, 116}}), look("db-b1", 33, {{33, 133}, {32, 132}})});
  EXPECT_FALSE(seen.equal(two_members()));
  EXPECT_EQ(ruling_of(seen), Ruling::kInconclusive) << "nothing in common, and both move";
  seen.take({look("db-a1", 40, {{40, 140}, {32, 132}}), look("db-b1", 44, {{44, 144}, {32, 132}})});
  EXPECT_TRUE(seen.equal(two_members()));
  EXPECT_EQ(ruling_of(seen), Ruling::kHolds);
}

TEST(Members, ThatHaveOtherRecordsAtAPlaceAreFound) {
  MembersSeen seen;
  seen.take({look("db-a1", 20, {{20, 120}}), look("db-b1", 20, {{20, 999}})});
  EXPECT_FALSE(seen.equal(two_members()));
  EXPECT_EQ(ruling_of(seen), Ruling::kViolated);
  seen.take({look("db-a1", 35, {{35, 135}, {32, 132}}), look("db-b1", 37, {{37, 1}, {32, 998}})});
  EXPECT_EQ(ruling_of(seen), Ruling::kViolated);
}

TEST(Members, WhatWasCutOffIsForgotten) {
  MembersSeen seen;
  seen.take({look("db-a1", 20, {{20, 120}}), look("db-b1", 20, {{20, 666}})});
  seen.take({look("db-a1", 20, {{20, 120}}), look("db-b1", 19, {{19, 119}})});
  seen.take({look("db-a1", 21, {{21, 121}}), look("db-b1", 21, {{21, 121}})});
  EXPECT_TRUE(seen.equal(two_members()));
  EXPECT_EQ(ruling_of(seen), Ruling::kHolds);
}

TEST(Members, OneThatStaysBehindHasLostSomething) {
  MembersSeen seen;
  seen.take({look("db-a1", 20, {{20, 120}}), look("db-b1", 12, {{12, 112}})});
  seen.take({look("db-a1", 31, {{31, 131}}), look("db-b1", 12, {{12, 112}})});
  EXPECT_EQ(ruling_of(seen), Ruling::kViolated);
}

TEST(Members, WhoSaysNothingIsMissed) {
  MembersSeen seen;
  seen.take({look("db-a1", 20, {{20, 120}})});
  EXPECT_FALSE(seen.equal(two_members()));
  EXPECT_EQ(ruling_of(seen), Ruling::kInconclusive);
}

}  // namespace
}  // namespace multiaz::chaos
