// Members on real sockets: commits, failover, catch-up, cuts, bad disks, untrusted clients.
#include "replication/member.h"

#include <gtest/gtest.h>

#include <set>

#include "base/rt/fabric.h"
#include "tests/unit/replication/member_cluster.h"

namespace multiaz::replication {
namespace {

std::vector<std::string> texts(int first, int last) {
  std::vector<std::string> out;
  for (int i = first; i <= last; ++i) out.push_back("entry " + std::to_string(i));
  return out;
}

class MemberAt : public testing::TestWithParam<Durability> {
 protected:
  ClusterOptions options() const {
    ClusterOptions out;
    out.durability = GetParam();
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Levels, MemberAt,
                         testing::Values(Durability::kMemory, Durability::kOs, Durability::kDisk),
                         [](const auto& about) { return std::string(to_string(about.param)); });

rt::Task<void> writes_reach_everybody(Cluster& cluster, Node& primary) {
  APPEND_ALL(primary, texts(1, 500));
  const auto everywhere = [&] { return cluster.everybody_has(texts(1, 500)); };
  WAIT_FOR(everywhere);
  EXPECT_EQ(primary.machine.acknowledged.size(), 500u);
  EXPECT_EQ(primary.member->commit_point(), Lsn(500));
  for (Node* other : cluster.others(primary)) {
    EXPECT_EQ(other->machine.role, Role::kSecondary);
    const auto readable = [&] { return other->member->readable(); };
    WAIT_FOR(readable);
    EXPECT_FALSE(other->member->serving());
    EXPECT_EQ(other->member->append("no").error().code, Code::kUnavailable);
  }
  wire::StatusReport report;
  primary.member->fill(report);
  EXPECT_EQ(report.role, "primary");
  EXPECT_EQ(report.peers.size(), 2u);
  EXPECT_GT(report.lease_left_ms, 0);
}
TEST_P(MemberAt, WritesReachEverybody) {
  run_scenario(options(), writes_reach_everybody);
}

rt::Task<void> primary_dies(Cluster& cluster, Node& old) {
  for (int i = 1; i <= 200; ++i) {
    APPEND(old, "entry " + std::to_string(i));
    if (i % 10 == 0) co_await rt::yield();
  }
  const auto some = [&] { return old.machine.acknowledged.size() >= 50; };
  WAIT_FOR(some);
  const std::set<std::string> acknowledged = old.machine.acknowledged;
  co_await cluster.kill(old);
  Node* const next = co_await cluster.next_primary(old);
  REQUIRE_THAT(next);
  Node& fresh = *next;
  const std::set<std::string> kept(fresh.machine.entries.begin(), fresh.machine.entries.end());
  for (const std::string& entry : acknowledged) EXPECT_TRUE(kept.count(entry)) << entry;
  APPEND(fresh, "after the failover");
  const auto committed = [&] { return fresh.machine.acknowledged.count("after the failover") > 0; };
  WAIT_FOR(committed);
  co_await cluster.start(old);  // it comes back as a learner and becomes in-sync
  const auto whole = [&] {
    return cluster.in_sync() == 3 && cluster.everybody_has(fresh.machine.entries);
  };
  WAIT_FOR(whole);
}
TEST_P(MemberAt, NothingAcknowledgedDiesWithThePrimary) {
  run_scenario(options(), primary_dies);
}

rt::Task<void> whole_group_restarts(Cluster& cluster, Node& primary) {
  APPEND_ALL(primary, texts(1, 60));
  const auto first = [&] { return cluster.everybody_has(texts(1, 60)); };
  WAIT_FOR(first);
  APPEND_ALL(primary, texts(61, 100));
  const auto everywhere = [&] { return cluster.everybody_has(texts(1, 100)); };
  WAIT_FOR(everywhere);
  const Incarnation life = cluster.node(0).member->incarnation();
  for (size_t i = 0; i < 3; ++i) co_await cluster.kill(cluster.node(i));
  for (size_t i = 0; i < 3; ++i) co_await cluster.start(cluster.node(i));
  EXPECT_EQ(cluster.node(0).member->incarnation(), life);
  EXPECT_GE(cluster.node(0).machine.entries.size(), 60u);  // applied before it served
  Node* serving = nullptr;
  const auto up = [&] {
    serving = cluster.primary();
    return serving && everywhere();
  };
  WAIT_FOR(up);
  APPEND(*serving, "entry 101");
  const auto more = [&] { return cluster.everybody_has(texts(1, 101)); };
  WAIT_FOR(more);
}
TEST_P(MemberAt, AWholeGroupRestartsFromItsDisks) {
  if (GetParam() == Durability::kMemory) GTEST_SKIP() << "keeps nothing";
  run_scenario(options(), whole_group_restarts);
}

// That member's log begins after this record.
uint64_t log_base(const Node& node) {
  wire::StatusReport report;
  node.member->fill(report);
  return report.counters["log_base"];
}

rt::Task<void> catches_up(Cluster& cluster, Node& primary) {
  Node& away = *cluster.others(primary)[0];
  APPEND_ALL(primary, texts(1, 20));
  co_await cluster.kill(away);
  const auto alone = [&] { return cluster.in_sync() == 2; };
  WAIT_FOR(alone);
  std::vector<std::string> all = texts(1, 20);
  for (int i = 21; i <= 600; ++i) {
    all.push_back("entry " + std::to_string(i) + std::string(300, '.'));
    APPEND(primary, all.back());
    if (i % 20 == 0) co_await rt::sleep_ms(10);
  }
  const auto written = [&] { return primary.machine.entries.size() == 600; };
  WAIT_FOR(written);
  const auto trimmed = [&] {
    return cluster.options.snapshot_after_bytes == 0 || log_base(primary) > 20;
  };
  WAIT_FOR(trimmed);
  co_await cluster.start(away);
  const auto back = [&] { return cluster.in_sync() == 3 && cluster.everybody_has(all); };
  WAIT_FOR(back);
  EXPECT_EQ(away.had_event("snapshot-installed"), cluster.options.snapshot_after_bytes != 0);
}
TEST_P(MemberAt, ALearnerCatchesUpFromTheLog) {
  run_scenario(options(), catches_up);
}
TEST_P(MemberAt, ALearnerCatchesUpByASnapshot) {
  ClusterOptions with = options();
  with.snapshot_after_bytes = 40'000;
  run_scenario(with, catches_up);
}

rt::Task<void> big_snapshot(Cluster& cluster, Node& primary) {
  Node& away = *cluster.others(primary)[0];
  co_await cluster.kill(away);
  APPEND_ALL(primary, texts(1, 300));
  const auto trimmed = [&] { return log_base(primary) == 300; };
  WAIT_FOR(trimmed);
  primary.machine.padding = 40u << 20;
  co_await cluster.start(away);
  bool always = true;
  const auto back = [&] {
    always = always && primary.member->serving();
    return away.had_event("snapshot-installed") && cluster.in_sync() == 3;
  };
  WAIT_FOR(back, 30'000);
  EXPECT_TRUE(always || !cluster.machine_kept_pace()) << "the transfer must not cost the lease";
}
TEST(Member, ABigSnapshotDoesNotDelayHeartbeats) {
  ClusterOptions options;
  options.durability = Durability::kOs;
  options.snapshot_after_bytes = 1000;
  run_scenario(options, big_snapshot);
}

rt::Task<void> big_records(Cluster& cluster, Node& primary) {
  bool always = true;
  std::vector<std::string> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(std::string(1u << 20, static_cast<char>('a' + i)));
    APPEND(primary, all.back());
  }
  const auto everywhere = [&] {
    always = always && primary.member->serving();
    return cluster.everybody_has(all);
  };
  WAIT_FOR(everywhere);
  EXPECT_TRUE(always || !cluster.machine_kept_pace()) << "the transfer must not cost the lease";
  all.push_back(std::string(16u << 20, 'z'));
  const auto taken = [&] { return bool(cluster.append(primary, all.back())); };
  WAIT_FOR(taken);
  WAIT_FOR(everywhere);
}
TEST(Member, BigRecordsDoNotCostTheLease) {
  run_scenario(ClusterOptions(), big_records);
}

rt::Task<void> short_cut(Cluster& cluster, Node& primary) {
  Node& other = *cluster.others(primary)[0];
  const Epoch before = cluster.view().epoch;
  cluster.cut(primary, other, 1000);
  APPEND_ALL(primary, texts(1, 10));
  const auto lost = [&] { return !primary.member->serving(); };
  WAIT_FOR(lost);  // there is no lease without that member
  EXPECT_EQ(primary.machine.acknowledged.size(), 0u);
  EXPECT_EQ(primary.member->append("no").error().code, Code::kUnavailable);
  const auto healed = [&] { return cluster.everybody_has(texts(1, 10)) && !lost(); };
  WAIT_FOR(healed);
  EXPECT_EQ(cluster.view().epoch, before) << "a cut of a second changes no view";
  EXPECT_GT(rt::fabric().bites().bytes_held, 0u);
}
TEST(Member, ACutOfASecondIsWaitedOut) {
  run_scenario(ClusterOptions(), short_cut);
}

rt::Task<void> long_cut(Cluster& cluster, Node& primary) {
  Node& other = *cluster.others(primary)[0];
  cluster.cut(primary, other, 60'000);
  APPEND_ALL(primary, texts(1, 10));
  const auto goes_on = [&] {
    return cluster.in_sync() == 2 && primary.machine.entries == texts(1, 10);
  };
  WAIT_FOR(goes_on);
  EXPECT_TRUE(other.machine.entries.empty());
  cluster.heal();
  const auto back = [&] { return cluster.in_sync() == 3 && cluster.everybody_has(texts(1, 10)); };
  WAIT_FOR(back, 20'000);
}
TEST(Member, AMemberThatIsCutOffLeavesAndComesBack) {
  run_scenario(ClusterOptions(), long_cut);
}

// The teaching example: cut the primary off, write to it, kill it. An honest primary acknowledges
// nothing then; one that acknowledges before it replicates loses what it promised.
rt::Task<void> cut_then_kill(Cluster& cluster, Node& old) {
  for (Node* other : cluster.others(old)) cluster.cut(old, *other, 60'000);
  APPEND_ALL(old, texts(1, 5));
  co_await rt::sleep_ms(100);
  const std::set<std::string> promised = old.machine.acknowledged;
  EXPECT_GT(rt::fabric().bites().bytes_held, 0u);
  co_await cluster.kill(old);
  cluster.heal();
  Node* const fresh = co_await cluster.next_primary(old);
  REQUIRE_THAT(fresh);
  EXPECT_TRUE(fresh->machine.entries.empty()) << "the bytes died with the process";
  const bool lies = cluster.options.bug == Bug::kAckBeforeReplicate;
  EXPECT_EQ(promised.size(), lies ? 5u : 0u);
}
TEST(Member, CutThenKillLosesNothingThatWasPromised) {
  run_scenario(ClusterOptions(), cut_then_kill);
}
TEST(Member, BugAckBeforeReplicateLosesPromises) {
  ClusterOptions options;
  options.bug = Bug::kAckBeforeReplicate;
  run_scenario(options, cut_then_kill);
}

// A primary that no member hears any more is replaced; its uncommitted records are taken back.
rt::Task<void> demoted(Cluster& cluster, Node& old) {
  APPEND_ALL(old, texts(1, 10));
  const auto first = [&] { return old.machine.entries == texts(1, 10); };
  WAIT_FOR(first);
  old.mute = true;
  for (Node* other : cluster.others(old)) cluster.cut(old, *other, 60'000);
  APPEND(old, "never");
  APPEND(old, "ever");
  Node* const fresh = co_await cluster.next_primary(old);
  REQUIRE_THAT(fresh);
  EXPECT_FALSE(old.member->serving());
  APPEND(*fresh, "entry 11");
  cluster.heal();
  old.mute = false;
  const auto back = [&] { return cluster.in_sync() == 3 && cluster.everybody_has(texts(1, 11)); };
  WAIT_FOR(back);
  EXPECT_EQ(old.machine.rollbacks, 1);
  EXPECT_EQ(old.machine.installs, old.machine.can_roll_back ? 0 : 1);
  EXPECT_TRUE(old.machine.mine.empty());
}
TEST_P(MemberAt, ADeposedPrimaryTakesBackWhatItHadNotCommitted) {
  run_scenario(options(), demoted);
}

rt::Task<void> demoted_rebuilds(Cluster& cluster, Node& old) {
  old.machine.can_roll_back = false;
  co_await demoted(cluster, old);
}
TEST_P(MemberAt, ADeposedPrimaryRebuildsFromItsLog) {
  run_scenario(options(), demoted_rebuilds);
}

rt::Task<void> handed_over(Cluster& cluster, Node& old) {
  APPEND_ALL(old, texts(1, 10));
  const auto before = [&] { return old.machine.entries == texts(1, 10); };
  WAIT_FOR(before);
  Node& wanted = *cluster.others(old)[1];
  SwitchoverRequest request;
  request.to = wanted.id;
  cluster.manage(request);
  const auto moved = [&] { return cluster.primary() == &wanted; };
  WAIT_FOR(moved, 2000);
  APPEND(wanted, "entry 11");
  const auto everywhere = [&] { return cluster.everybody_has(texts(1, 11)); };
  WAIT_FOR(everywhere);
}
TEST(Member, ASwitchoverLosesNothing) {
  run_scenario(ClusterOptions(), handed_over);
}

// The process may need a while to end, so it reports itself until when it served.
rt::Task<void> ends_in_order(Cluster& cluster, Node& old) {
  APPEND(old, "entry 1");
  const auto written = [&] { return old.machine.acknowledged.size() == 1; };
  WAIT_FOR(written);
  old.events.clear();          // drops those of earlier epochs
  co_await cluster.kill(old);  // it is asked to end, and does
  EXPECT_TRUE(old.ended->ok());
  EXPECT_TRUE(old.had_event("served until"));
}
TEST_P(MemberAt, APrimaryThatEndsInOrderSaysUntilWhenItServed) {
  run_scenario(options(), ends_in_order);
}

LyingStorage* g_disk = nullptr;

// The primary's own disk fails: it acknowledges nothing more, reports the reason, and ends.
rt::Task<void> disk_fails(Cluster& cluster, Node& old) {
  APPEND_ALL(old, texts(1, 10));
  const auto written = [&] { return old.machine.acknowledged.size() == 10; };
  WAIT_FOR(written);
  g_disk->fail("sync " + old.folder + "/log", 1);
  APPEND(old, "in doubt");
  const auto ended = [&] { return old.ended.has_value(); };
  WAIT_FOR(ended);
  EXPECT_FALSE(old.ended->ok());
  EXPECT_NE(old.ended->error().detail.find("sync"), std::string::npos);
  EXPECT_FALSE(old.member->serving());
  EXPECT_EQ(old.machine.role, Role::kNone);
  EXPECT_TRUE(old.had_event("log-failed"));
  EXPECT_TRUE(old.had_event("served until")) << "its lease has ended, whenever its process does";
  EXPECT_EQ(old.machine.acknowledged.count("in doubt"), 0u);
  co_await cluster.kill(old);
  Node* const fresh = co_await cluster.next_primary(old);
  REQUIRE_THAT(fresh);
  EXPECT_GE(fresh->machine.entries.size(), 10u);
}
TEST(Member, ABadDiskEndsTheMemberNotTheGroup) {
  LyingStorage disk;
  g_disk = &disk;
  ClusterOptions options;
  options.durability = Durability::kDisk;
  options.disk = &disk;
  run_scenario(options, disk_fails);
}

}  // namespace
}  // namespace multiaz::replication
