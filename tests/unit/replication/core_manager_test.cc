// The configuration manager's decisions.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <variant>

#include "replication/core/manager.h"

namespace multiaz::replication {
namespace {

class Orchestrator {
 public:
  explicit Orchestrator(ManagerState stored = {}) : manager_(config(), std::move(stored), 0) {}
  explicit Orchestrator(ManagerConfig with) : manager_(std::move(with), {}, 0) {}

  static ManagerConfig config() {
    ManagerConfig config;
    config.group = "cache";
    config.members = {{NodeId("a"), "az-a"}, {NodeId("b"), "az-b"}, {NodeId("c"), "az-c"}};
    return config;
  }
  ManagerEffects feed(ManagerEvent event) { return all = manager_.step(ms(now_ms), event); }
  void report(const char* id, uint64_t launch = 1, uint64_t tail = 0, const char* life = nullptr) {
    MemberReport report;
    report.id = NodeId(id);
    report.launch = Launch(launch);
    report.incarnation = Incarnation(life != nullptr ? life : std::string(id) + "1");
    report.view = reported.value_or(manager_.view());
    report.tail = Lsn(tail);
    feed(report);
  }
  void all_report() {
    for (const char* id : {"a", "b", "c"}) report(id);
  }
  // Lets time pass until `end`, while the members in `alive` go on reporting.
  void pass(uint64_t end, const std::vector<const char*>& alive) {
    while (now_ms < end) {
      now_ms = std::min(now_ms + 50, end);
      for (const char* id : alive) report(id);
      if (now_ms < end) feed(ManagerTick{});
    }
  }
  void exits(const char* id, uint64_t launch = 1) {
    feed(MemberExited{NodeId(id), Launch(launch), "killed by SIGKILL"});
  }
  void asks(const char* from, Change change, const char* member, uint64_t base) {
    feed(ViewRequested{NodeId(from),
                       Launch(1),
                       {Epoch(base),
                        change,
                        {NodeId(member), Incarnation(std::string(member) + "1")},
                        "because"}});
  }
  template <typename T>
  std::vector<T> got() const {
    std::vector<T> out;
    for (const ManagerEffect& effect : all)
      if (const T* found = std::get_if<T>(&effect)) out.push_back(*found);
    return out;
  }
  std::string view() const { return describe(manager_.view()); }
  std::string notice() const {
    const auto notices = got<ManagerNotice>();
    return notices.empty() ? "" : notices.back().text;
  }

  Manager manager_;
  ManagerEffects all;
  uint64_t now_ms = 0;
  std::optional<View> reported;
};

constexpr const char* kStarted = "1 primary=a/1 in_sync=a:a1,b:b1,c:c1";

TEST(Manager, StartsWithEverybody) {
  Orchestrator o;
  o.report("a");
  o.report("b");
  EXPECT_EQ(o.view(), "0");
  o.report("c");
  EXPECT_EQ(o.view(), kStarted);
  ASSERT_EQ(o.all.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<PersistState>(o.all[0])) << "durable before it is told";
  EXPECT_TRUE(std::holds_alternative<SendView>(o.all[1]));
}

TEST(Manager, StartsWithThoseThatAreUpAfterAWhileIfTheyAreEmpty) {
  Orchestrator o;
  o.now_ms = 2800;
  o.report("a");
  o.report("c");
  EXPECT_EQ(o.view(), "0");
  o.now_ms = 3000;
  o.feed(ManagerTick{});
  EXPECT_EQ(o.view(), "1 primary=a/1 in_sync=a:a1,c:c1 learners=b");
}

TEST(Manager, PromotesOnProofOfDeathWithoutGrace) {
  Orchestrator o;
  o.all_report();
  o.report("c", 1, 9);
  o.exits("a");
  EXPECT_EQ(o.view(), "2 primary=c/1 in_sync=b:b1,c:c1 learners=a") << "the longest log";
  EXPECT_TRUE(o.got<SendView>().at(0).fenced);
  EXPECT_EQ(o.notice(), "cache primary a exited: promoting c, epoch 2");
}

// A cache without a disk: like ElastiCache, it replaces a lost node by an empty one.
ManagerConfig two_in_memory() {
  ManagerConfig config = Orchestrator::config();
  config.members = {{NodeId("a"), "az-a"}, {NodeId("b"), "az-b"}};
  config.volatile_data = true;
  return config;
}

TEST(Manager, AGroupInMemoryStartsOverWhenEveryLifeHasEnded) {
  Orchestrator o(two_in_memory());
  o.report("a");
  o.report("b");
  o.exits("b");
  o.exits("a");
  EXPECT_EQ(o.view(), "2 primary=a/1 in_sync=a:a1 learners=b") << "nobody is there yet";
  o.reported = View();
  o.report("b", 2, 0, "b2");
  EXPECT_EQ(o.view(), "3 primary=b/2 in_sync=b:b2 learners=a");
  EXPECT_NE(o.notice().find("starting empty with b, epoch 3"), std::string::npos) << o.notice();
}

TEST(Manager, AGroupInMemoryWaitsForALifeThatMayGoOn) {
  Orchestrator o(two_in_memory());
  o.report("a");
  o.report("b");
  o.exits("a");
  EXPECT_EQ(o.view(), "2 primary=b/1 in_sync=b:b1 learners=a");
  o.pass(1000, {"a"});  // b is only silent
  o.reported = View();
  o.report("a", 2, 0, "a2");
  EXPECT_EQ(o.view(), "2 primary=b/1 in_sync=b:b1 learners=a") << "b may still have it all";
}

TEST(Manager, SilenceIsNoProof) {
  Orchestrator o;
  o.all_report();
  o.pass(700, {"b", "c"});
  EXPECT_EQ(o.view(), kStarted);
  o.now_ms = 701;
  o.feed(ManagerTick{});
  EXPECT_EQ(o.view(), "2 primary=b/1 in_sync=b:b1,c:c1 learners=a");
  EXPECT_FALSE(o.got<SendView>().at(0).fenced);
  o.exits("a");
  ASSERT_EQ(o.got<SendView>().size(), 1u) << "proof after all: the new primary need not wait";
  EXPECT_TRUE(o.got<SendView>()[0].fenced);
  EXPECT_EQ(o.got<SendView>()[0].to, std::vector<NodeId>{NodeId("b")});
}

TEST(Manager, FencingIsCumulative) {
  Orchestrator o;
  o.all_report();
  o.pass(700, {"b", "c"});
  o.now_ms = 701;
  o.feed(ManagerTick{});  // b replaces a, which may still hold a lease
  o.exits("b");
  EXPECT_EQ(o.view(), "3 primary=c/1 in_sync=c:c1 learners=a,b");
  EXPECT_FALSE(o.got<SendView>().at(0).fenced) << "b is dead, but a may still serve";
  o.feed(ViewAcked{NodeId("a"), Launch(1), Epoch(2)});
  EXPECT_TRUE(o.got<SendView>().at(0).fenced) << "a acts in the newer view: it stepped down";
}

TEST(Manager, ARestartProvesTheDeathOfTheProcessBefore) {
  Orchestrator o;
  o.all_report();
  o.report("a", 2);
  EXPECT_EQ(o.view(), "2 primary=b/1 in_sync=a:a1,b:b1,c:c1") << "a kept its data and stays";
  EXPECT_TRUE(o.got<SendView>().at(0).fenced);
  o.exits("a", 1);
  EXPECT_EQ(o.manager_.view().epoch, Epoch(2)) << "old news";
}

TEST(Manager, AnEmptyRestartIsOut) {
  Orchestrator o;
  o.all_report();
  o.report("a", 2, 0, "a2");
  EXPECT_EQ(o.view(), "2 primary=b/1 in_sync=b:b1,c:c1 learners=a");
  o.report("c", 2, 0, "c2");
  EXPECT_EQ(o.view(), "3 primary=b/1 in_sync=b:b1 learners=a,c");
}

TEST(Manager, ADeadSecondaryLeavesAtOnce) {
  Orchestrator o;
  o.all_report();
  o.exits("b");
  EXPECT_EQ(o.view(), "2 primary=a/1 in_sync=a:a1,c:c1 learners=b");
  EXPECT_EQ(o.notice(), "cache goes on without b: 2 in sync");
}

TEST(Manager, PrefersUnavailableToLossy) {
  Orchestrator o;
  o.all_report();
  o.exits("b");
  o.exits("c");
  o.report("b", 2);
  o.report("c", 2);
  o.exits("a");
  EXPECT_EQ(o.view(), "3 primary=a/1 in_sync=a:a1 learners=b,c");
  EXPECT_EQ(o.notice(), "cache: primary a exited, and no in-sync member is alive: waiting for a");
  o.feed(ManagerTick{});
  EXPECT_EQ(o.notice(), "") << "said once";
  o.report("a", 2, 0, "a2");
  EXPECT_EQ(o.manager_.view().epoch, Epoch(3)) << "an empty a is no help";
  o.exits("a", 2);
  o.report("a", 3);
  EXPECT_EQ(o.view(), "4 primary=a/3 in_sync=a:a1 learners=b,c");
}

TEST(Manager, AfterATimeWithNobodyItWaitsForTheLongestLog) {
  Orchestrator o;
  o.all_report();
  o.exits("b");
  o.pass(800, {"a"});
  EXPECT_EQ(o.view(), "2 primary=a/1 in_sync=a:a1,c:c1 learners=b") << "c is silent: a's business";
  o.exits("a");
  EXPECT_EQ(o.manager_.view().primary, NodeId("a")) << "nobody can lead";
  o.exits("c");
  o.now_ms = 850;
  o.report("a", 2, 5);
  EXPECT_EQ(o.manager_.view().epoch, Epoch(2)) << "a moment for c";
  o.now_ms = 900;
  o.report("c", 2, 8);
  EXPECT_EQ(o.view(), "3 primary=c/2 in_sync=a:a1,c:c1 learners=b");
}

TEST(Manager, RequestsAreComparedAndSet) {
  Orchestrator o;
  o.all_report();
  o.asks("b", Change::kRemove, "c", 1);
  EXPECT_EQ(o.view(), kStarted) << "only the primary may ask for that";
  o.asks("a", Change::kRemove, "c", 0);
  EXPECT_EQ(o.view(), kStarted) << "based on another epoch";
  EXPECT_EQ(o.got<SendView>().size(), 1u) << "it is shown the view it missed";
  o.asks("a", Change::kRemove, "c", 1);
  EXPECT_EQ(o.view(), "2 primary=a/1 in_sync=a:a1,b:b1 learners=c");
  o.asks("b", Change::kReplacePrimary, "a", 1);
  EXPECT_EQ(o.manager_.view().epoch, Epoch(2)) << "exactly one of two competing requests wins";
  o.asks("a", Change::kAdd, "c", 2);
  EXPECT_EQ(o.view(), "3 primary=a/1 in_sync=a:a1,b:b1,c:c1");
}

TEST(Manager, ASecondaryMayHaveItsPrimaryReplaced) {
  Orchestrator o;
  o.all_report();
  o.asks("b", Change::kReplacePrimary, "a", 1);
  EXPECT_EQ(o.view(), "2 primary=b/1 in_sync=b:b1,c:c1 learners=a");
  EXPECT_FALSE(o.got<SendView>().at(0).fenced);
}

TEST(Manager, AddsOnlyCandidatesItKnows) {
  Orchestrator o;
  o.all_report();
  o.exits("c");
  o.report("c", 2, 0, "c2");
  o.asks("a", Change::kAdd, "c", 2);  // the request names incarnation c1
  EXPECT_EQ(o.manager_.view().in_sync.size(), 2u);
  EXPECT_NE(o.notice().find("refused"), std::string::npos);
  o.feed(
      MembersChanged{{{NodeId("a"), "az-a"}, {NodeId("b"), "az-b"}, {NodeId("c"), "az-c", false}}});
  EXPECT_EQ(o.view(), "3 primary=a/1 in_sync=a:a1,b:b1 learners=c(replica)");
}

TEST(Manager, SwitchoverGoesThroughThePrimary) {
  Orchestrator o;
  o.all_report();
  o.feed(SwitchoverRequest{NodeId("c")});
  ASSERT_EQ(o.got<SendHandOver>().size(), 1u);
  EXPECT_EQ(o.got<SendHandOver>()[0].to, NodeId("c"));
  o.asks("a", Change::kHandOver, "c", 1);
  EXPECT_EQ(o.view(), "2 primary=c/1 in_sync=a:a1,b:b1,c:c1") << "a stays in sync";
  EXPECT_FALSE(o.got<SendView>().at(0).fenced) << "until a acts in it";
  o.feed(SwitchoverRequest{NodeId("c")});
  EXPECT_FALSE(o.got<Answer>().at(0).ok);
}

TEST(Manager, ForceNamesWhatIsLostAndWaitsForProofOfDeath) {
  Orchestrator o;
  o.all_report();
  o.exits("b");
  o.exits("c");
  o.report("a", 1, 12);
  o.report("b", 2, 7);
  o.feed(ForcePromote{NodeId("b")});
  EXPECT_FALSE(o.got<Answer>().at(0).ok) << "a is alive";
  while (o.now_ms < 2000) {
    o.now_ms += 50;
    o.report("b", 2, 7);
  }
  o.feed(ForcePromote{NodeId("b")});
  EXPECT_FALSE(o.got<Answer>().at(0).ok) << "a is silent: alone it may serve for ever";
  o.exits("a");
  o.feed(ForcePromote{NodeId("b")});
  EXPECT_TRUE(o.got<Answer>().at(0).ok);
  EXPECT_EQ(o.view(), "4 primary=b/2 in_sync=b:b1 learners=a,c");
  EXPECT_NE(o.notice().find("up to 7, the in-sync members had at least 12"), std::string::npos)
      << o.notice();
}

TEST(Manager, ItsOwnSleepIsNotTheirSilence) {
  Orchestrator o;
  o.all_report();
  o.now_ms = 60'000;
  o.feed(ManagerTick{});
  EXPECT_EQ(o.view(), kStarted);
}

TEST(Manager, ARestartGoesOnFromTheStoredView) {
  ManagerState stored;
  stored.view = *restore_view("5 primary=b/3 in_sync=b:b1,c:c1 learners=a");
  Orchestrator o(stored);
  o.feed(MemberExited{NodeId("b"), Launch(3), ""});
  EXPECT_EQ(o.manager_.view().epoch, Epoch(5)) << "first it listens";
  o.now_ms = 200;
  o.report("c", 2);
  o.now_ms = 300;
  o.feed(ManagerTick{});
  EXPECT_EQ(o.view(), "6 primary=c/2 in_sync=c:c1 learners=a,b");
}

TEST(Manager, AnOlderCopyOfItsStateIsNoticed) {
  ManagerState stored;
  stored.view = *restore_view("3 primary=a/1 in_sync=a:a1,b:b1,c:c1");
  Orchestrator o(stored);
  o.reported = *restore_view("7 primary=b/1 in_sync=b:b1,c:c1 learners=a");
  o.report("b");
  EXPECT_NE(o.notice().find("waiting for a"), std::string::npos) << o.notice();
  o.report("c");
  o.now_ms = 5000;
  o.feed(ManagerTick{});
  EXPECT_EQ(o.manager_.view().epoch, Epoch(3)) << "a might know a view 8 in which it is alone";
  o.report("a");
  EXPECT_EQ(o.view(), "1007 primary=b/1 in_sync=b:b1,c:c1 learners=a") << "no epoch is given twice";
}

}  // namespace
}  // namespace multiaz::replication
