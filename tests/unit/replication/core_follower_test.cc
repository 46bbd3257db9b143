// Followers compare logs, take records and refuse messages of older views.
#include <gtest/gtest.h>

#include <variant>

#include "tests/unit/replication/core_support.h"

namespace multiaz::replication {
namespace {

Lead lead(uint64_t epoch, uint64_t round, uint64_t tail, History history, uint64_t base = 0) {
  return Lead{view_of(epoch, "a", {"a", "b"}, {"c"}), round, Lsn(base), Lsn(tail),
              std::move(history)};
}

AppendBatch batch(uint64_t epoch, uint64_t round, uint64_t prev, uint64_t prev_hash,
                  std::vector<Record> records, uint64_t commit = 0) {
  AppendBatch out;
  out.epoch = Epoch(epoch);
  out.round = round;
  out.prev = Lsn(prev);
  out.prev_epoch = prev == 0 ? Epoch() : Epoch(epoch);
  out.prev_hash = prev_hash;
  out.commit = Lsn(commit);
  out.records = std::move(records);
  return out;
}

// Makes b follow a in epoch 1 with records 1..3, of which `commit` are committed.
void follow(LoneCore& b, uint64_t commit) {
  b.link("a");
  b.from("a", lead(1, 1, 0, {}));
  b.from("a", batch(1, 1, 0, 0, records(1, 1, 0, {"x", "y", "z"}), commit));
  ASSERT_EQ(b.core.tail(), Lsn(3));
}

TEST(Follower, LearnsTheViewFromThePrimaryToo) {
  LoneCore b("b");
  b.link("a");
  b.from("a", lead(1, 7, 0, {}));
  EXPECT_EQ(b.core.state(), State::kSecondary);
  EXPECT_TRUE(std::holds_alternative<PersistView>(b.all.front()));
  ASSERT_EQ(b.sent<Ack>().size(), 1u);
  EXPECT_EQ(b.sent<Ack>()[0].round, 7u);
}

TEST(Follower, AppliesOnlyWhatIsCommitted) {
  LoneCore b("b");
  follow(b, 2);
  ASSERT_EQ(b.got<ApplyUpTo>().size(), 1u);
  EXPECT_EQ(b.got<ApplyUpTo>()[0].lsn, Lsn(2));
  b.from("a", Heartbeat{Epoch(1), ms(1), Lsn(3)});
  EXPECT_EQ(b.core.applied(), Lsn(3));
}

TEST(Follower, AppliesOnlyWhatIsDurableHere) {
  LoneCore b("b", Durability::kDisk);
  follow(b, 3);
  EXPECT_EQ(b.core.applied(), Lsn(0));
  b.feed(Persisted{Lsn(2), Epoch(1)});
  EXPECT_EQ(b.core.applied(), Lsn(2));
  ASSERT_EQ(b.sent<Ack>().size(), 1u);
  EXPECT_EQ(b.sent<Ack>()[0].durable, Lsn(2));
  b.feed(Persisted{Lsn(3), Epoch(9)});
  EXPECT_EQ(b.core.durable(), Lsn(2)) << "a report about a record that is gone";
}

TEST(Follower, TruncatesByHistoryNotByItsCommitPoint) {
  LoneCore b("b");
  follow(b, 1);
  b.from("a", lead(2, 2, 4, {{Epoch(1), Lsn(1)}, {Epoch(2), Lsn(3)}}));
  ASSERT_EQ(b.got<TruncateLog>().size(), 1u);
  EXPECT_EQ(b.got<TruncateLog>()[0].after, Lsn(2)) << "record 2 is in both logs, committed or not";
  EXPECT_TRUE(b.sent<Ack>().empty()) << "not before it is done";
  Mark tail{Lsn(2), records(1, 1, 0, {"x", "y"}).back().hash, {{Epoch(1), Lsn(1)}}};
  b.feed(Truncated{tail});
  ASSERT_EQ(b.sent<Ack>().size(), 1u);
  EXPECT_EQ(b.sent<Ack>()[0].appended, Lsn(2));
  EXPECT_EQ(b.sent<Ack>()[0].round, 2u);
}

TEST(Follower, RefusesTheFormerPrimaryAndShowsItTheView) {
  LoneCore b("b");
  follow(b, 0);
  b.feed(ViewUpdate{view_of(2, "b", {"b"}, {"a"}), true});
  b.from("a", Heartbeat{Epoch(1), ms(1), Lsn()});
  ASSERT_EQ(b.sent<Reject>().size(), 1u);
  EXPECT_EQ(b.sent<Reject>()[0].view.epoch, Epoch(2));
  EXPECT_TRUE(b.sent<HeartbeatAck>().empty());
  b.from("a", batch(1, 1, 3, 0, records(1, 4, 0, {"late"})));
  EXPECT_EQ(b.core.tail(), Lsn(3));
  EXPECT_EQ(b.sent<Reject>().size(), 1u);
}

TEST(Follower, DropsBatchesOfAnOlderRoundAndAsksAgainOnAGap) {
  LoneCore b("b");
  follow(b, 0);
  b.from("a", lead(1, 2, 3, {{Epoch(1), Lsn(1)}}));
  b.from("a", batch(1, 1, 3, 0, records(1, 4, 0, {"old round"})));
  EXPECT_EQ(b.core.tail(), Lsn(3));
  EXPECT_TRUE(b.sent<Nack>().empty());
  b.from("a", batch(1, 2, 5, 0, records(1, 6, 0, {"gap"})));
  ASSERT_EQ(b.sent<Nack>().size(), 1u);
  EXPECT_EQ(b.sent<Nack>()[0].expected, Lsn(4));
}

TEST(Follower, AnInSyncMemberWithAnotherHistoryStopsRatherThanGuess) {
  LoneCore b("b");
  follow(b, 0);
  b.from("a", batch(1, 1, 3, 12345, records(1, 4, 12345, {"other"})));
  EXPECT_EQ(b.core.state(), State::kFailed);
  EXPECT_EQ(b.got<Fail>().size(), 1u);
}

TEST(Follower, ALearnerWithAnotherHistoryTakesASnapshot) {
  LoneCore c("c");
  c.link("a");
  c.from("a", lead(1, 1, 0, {}));
  c.from("a", batch(1, 1, 0, 0, records(1, 1, 0, {"x"})));
  c.from("a", batch(1, 1, 1, 999, records(1, 2, 999, {"y"})));
  ASSERT_EQ(c.sent<Ack>().size(), 1u);
  EXPECT_TRUE(c.sent<Ack>()[0].need_snapshot);
  const Mark mark{Lsn(5), 42, {{Epoch(1), Lsn(1)}}};
  c.feed(SnapshotReceived{NodeId("a"), Epoch(1), 1, mark});
  ASSERT_EQ(c.got<InstallSnapshot>().size(), 1u);
  EXPECT_FALSE(c.core.readable(Lsn(5)));
  c.feed(SnapshotInstalled{});
  EXPECT_EQ(c.core.tail(), Lsn(5));
  EXPECT_EQ(c.core.applied(), Lsn(5));
  ASSERT_EQ(c.sent<Ack>().size(), 1u);
  EXPECT_EQ(c.sent<Ack>()[0].durable, Lsn(5));
}

TEST(Follower, NeedsASnapshotWhenThePrimaryTrimmedWhatItLacks) {
  LoneCore c("c");
  c.link("a");
  c.from("a", lead(1, 1, 90, {{Epoch(1), Lsn(1)}}, 50));
  ASSERT_EQ(c.sent<Ack>().size(), 1u);
  EXPECT_TRUE(c.sent<Ack>()[0].need_snapshot);
}

TEST(Follower, AnEmptyRestartIsNotTheMemberItWas) {
  Config config = LoneCore::make("b", Durability::kMemory);
  config.self.incarnation = Incarnation("b2");
  Core core(config);
  core.step(ms(1), Start{});
  core.step(ms(2), ViewUpdate{view_of(1, "a", {"a", "b"}), true});
  EXPECT_EQ(core.state(), State::kLearner);
}

TEST(Follower, ASecondaryWithoutItsPrimaryAsksForAnother) {
  LoneCore b("b");
  follow(b, 0);
  b.now_ms = 4000;
  b.feed(Tick{});
  EXPECT_TRUE(b.got<RequestView>().empty());
  b.now_ms = 4001;
  b.feed(Tick{});
  ASSERT_EQ(b.got<RequestView>().size(), 1u);
  EXPECT_EQ(b.got<RequestView>()[0].change, Change::kReplacePrimary);
  EXPECT_EQ(b.got<RequestView>()[0].member.id, NodeId("a"));
  b.now_ms = 4100;
  b.feed(Tick{});
  EXPECT_TRUE(b.got<RequestView>().empty()) << "not at every tick";
}

}  // namespace
}  // namespace multiaz::replication
