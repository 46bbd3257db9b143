// The primary: promotion, commit, lease, requests.
#include <gtest/gtest.h>

#include <variant>

#include "tests/unit/replication/core_support.h"

namespace multiaz::replication {
namespace {

ClientAppend append(const char* payload) {
  ClientAppend event;
  event.payloads.emplace_back(payload);
  return event;
}

TEST(Primary, ServesOnlyWhenEveryInSyncMemberHasItsLogAndALeaseIsHeld) {
  LoneCore a("a");
  a.link("b");
  a.feed(ViewUpdate{view_of(1, "a", {"a", "b"}), true});
  ASSERT_FALSE(a.got<PersistView>().empty());
  EXPECT_TRUE(std::holds_alternative<PersistView>(a.all.front()))
      << "durable before anything leaves";
  const uint64_t round = a.sent<Lead>().at(0).round;
  EXPECT_EQ(a.core.state(), State::kActivating);
  a.from("b", Ack{Epoch(1), round, Lsn(), Lsn()});
  EXPECT_EQ(a.core.state(), State::kActivating) << "no lease yet";
  a.from("b", HeartbeatAck{Epoch(1), ms(1000), Lsn()});
  EXPECT_EQ(a.core.state(), State::kPrimary);
}

TEST(Primary, CommitsWhenAllHaveIt) {
  LoneCore a("a");
  a.lead_two();
  a.feed(append("x"));
  ASSERT_EQ(a.got<AppendLog>().size(), 1u);
  ASSERT_EQ(a.got<SendRecords>().size(), 1u);
  EXPECT_TRUE(a.got<CommitPoint>().empty());
  a.feed(RecordsSent{NodeId("b"), a.round, Lsn(1), 1});
  a.from("b", Ack{Epoch(1), a.round, Lsn(1), Lsn()});
  EXPECT_TRUE(a.got<CommitPoint>().empty()) << "appended there is not durable there";
  a.from("b", Ack{Epoch(1), a.round, Lsn(1), Lsn(1)});
  ASSERT_EQ(a.got<CommitPoint>().size(), 1u);
  EXPECT_EQ(a.got<CommitPoint>()[0].lsn, Lsn(1));
}

TEST(Primary, AtLevelDiskItsOwnSyncCountsToo) {
  LoneCore a("a", Durability::kDisk);
  a.lead_two();
  a.feed(append("x"));
  a.from("b", Ack{Epoch(1), a.round, Lsn(1), Lsn(1)});
  a.feed(Appended{Lsn(1), Epoch(1)});
  EXPECT_EQ(a.core.commit(), Lsn(0));
  a.feed(Persisted{Lsn(1), Epoch(1)});
  EXPECT_EQ(a.core.commit(), Lsn(1));
}

TEST(Primary, LeaseCountsFromTheSendTimeAndIsAskedWithTheTimeOfTheQuestion) {
  LoneCore a("a");
  a.lead_two();
  EXPECT_EQ(a.core.lease_until(), ms(1600));
  EXPECT_TRUE(a.core.may_serve(ms(1599)));
  EXPECT_FALSE(a.core.may_serve(ms(1600)));
  EXPECT_EQ(a.core.can_append(ms(1600)), Refusal::kNoLease);
  a.now_ms = 1900;
  a.from("b", HeartbeatAck{Epoch(1), ms(1500), Lsn()});
  EXPECT_TRUE(a.core.may_serve(ms(1900)));
  EXPECT_EQ(a.core.lease_until(), ms(2100)) << "not from when the answer came";
}

TEST(Primary, AloneItNeedsNoLease) {
  LoneCore a("a");
  a.feed(ViewUpdate{view_of(1, "a", {"a"}), true});
  EXPECT_EQ(a.core.state(), State::kPrimary);
  EXPECT_TRUE(a.core.may_serve(ms(1'000'000'000)));
  a.feed(append("x"));
  EXPECT_EQ(a.core.commit(), Lsn(1));
}

TEST(Primary, AFormerSecondaryWaitsOutItsPromise) {
  LoneCore b("b");
  b.link("a");
  b.from("a", Lead{view_of(1, "a", {"a", "b"}), 1, Lsn(), Lsn(), {}});
  b.now_ms = 1200;
  b.from("a", Heartbeat{Epoch(1), ms(5), Lsn()});
  EXPECT_EQ(b.sent<HeartbeatAck>().size(), 1u);
  b.feed(ViewUpdate{view_of(2, "b", {"b"}), false});
  EXPECT_EQ(b.core.state(), State::kActivating);
  b.now_ms = 1949;
  b.feed(Tick{});
  EXPECT_EQ(b.core.state(), State::kActivating);
  b.now_ms = 1950;
  b.feed(Tick{});
  EXPECT_EQ(b.core.state(), State::kPrimary) << "750 ms after the last grant";
}

// T03: the former primary may have stood still, and gets a new view before a client's question.
TEST(Primary, AFormerOneShowsItsPastToNobody) {
  LoneCore b("b");
  b.link("a");
  b.from("a", Lead{view_of(1, "a", {"a", "b"}), 1, Lsn(), Lsn(), {}});
  b.from("a", Heartbeat{Epoch(1), ms(5), Lsn(), 1});
  EXPECT_TRUE(b.core.readable(Lsn()));
  b.feed(ViewUpdate{view_of(2, "b", {"b"}), true});
  EXPECT_EQ(b.core.state(), State::kPrimary);
  b.feed(ViewUpdate{view_of(3, "a", {"a"}, {"b"}), false});
  EXPECT_EQ(b.core.state(), State::kLearner);
  EXPECT_FALSE(b.core.readable(Lsn()));
  b.from("a", Lead{view_of(3, "a", {"a"}, {"b"}), 2, Lsn(), Lsn(), {}});
  b.from("a", Heartbeat{Epoch(3), ms(6), Lsn()});
  EXPECT_FALSE(b.core.readable(Lsn())) << "both may have waited in the socket since its pause";
  b.from("a", Heartbeat{Epoch(3), ms(9), Lsn(4), 2});
  EXPECT_FALSE(b.core.readable(Lsn(3))) << "acknowledged meanwhile: not here yet";
  EXPECT_TRUE(b.core.readable(Lsn(4)));
}

TEST(Primary, TellsAFollowerWhichCommitPointIsCurrent) {
  LoneCore a("a");
  a.link("c");
  a.feed(ViewUpdate{view_of(1, "a", {"a"}, {"c"}), true});
  ASSERT_EQ(a.core.state(), State::kPrimary);
  const uint64_t round = a.sent<Lead>().at(0).round;
  EXPECT_EQ(a.sent<Heartbeat>().at(0).current_round, 0u) << "it has not answered";
  a.from("c", Ack{Epoch(1), round, Lsn(), Lsn()});
  a.now_ms += 50;
  a.feed(Tick{});
  ASSERT_EQ(a.sent<Heartbeat>().size(), 1u);
  EXPECT_EQ(a.sent<Heartbeat>()[0].current_round, round);
}

TEST(Primary, AProvenDeathSkipsTheWaitEvenWhenToldLater) {
  LoneCore b("b");
  b.link("a");
  b.from("a", Lead{view_of(1, "a", {"a", "b"}), 1, Lsn(), Lsn(), {}});
  b.from("a", Heartbeat{Epoch(1), ms(5), Lsn()});
  b.feed(ViewUpdate{view_of(2, "b", {"b"}), false});
  EXPECT_EQ(b.core.state(), State::kActivating);
  b.feed(ViewUpdate{view_of(2, "b", {"b"}), true});
  EXPECT_EQ(b.core.state(), State::kPrimary);
}

TEST(Primary, ARestartedOneWaitsForTheNextView) {
  Core core(LoneCore::make("a", Durability::kMemory));
  Start start;
  start.view = view_of(3, "a", {"a"});
  start.view.launch = Launch(0);  // an earlier process
  core.step(ms(1), start);
  EXPECT_EQ(core.state(), State::kIdle);
  core.step(ms(2), ViewUpdate{start.view, true});
  EXPECT_EQ(core.state(), State::kIdle);
}

TEST(Primary, DeposedItForgetsWhatItExecutedAlone) {
  LoneCore a("a");
  a.lead_two();
  a.feed(append("x"));
  a.from("b", Reject{view_of(2, "b", {"b"}, {"a", "c"})});
  EXPECT_EQ(a.core.state(), State::kLearner);
  ASSERT_EQ(a.got<Rollback>().size(), 1u);
  EXPECT_EQ(a.got<Rollback>()[0].lsn, Lsn(0));
  EXPECT_EQ(a.core.can_append(ms(1001)), Refusal::kNotPrimary);
}

TEST(Primary, AJoiningLearnerCountsBeforeTheViewSaysSo) {
  LoneCore a("a");
  a.lead_two();
  a.link("c");
  const uint64_t round = a.sent<Lead>().at(0).round;
  a.from("c", HeartbeatAck{Epoch(1), ms(1000), Lsn()});
  a.from("c", Ack{Epoch(1), round, Lsn(), Lsn()});
  a.now_ms = 1150;
  a.from("b", HeartbeatAck{Epoch(1), ms(1150), Lsn()});
  a.from("c", HeartbeatAck{Epoch(1), ms(1150), Lsn()});
  a.feed(Tick{});
  ASSERT_EQ(a.got<RequestView>().size(), 1u);
  EXPECT_EQ(a.got<RequestView>()[0].change, Change::kAdd);
  EXPECT_EQ(a.got<RequestView>()[0].base, Epoch(1));
  a.feed(append("x"));
  a.from("b", Ack{Epoch(1), a.round, Lsn(1), Lsn(1)});
  EXPECT_EQ(a.core.commit(), Lsn(0)) << "c may be in the next view already";
  a.from("c", Ack{Epoch(1), round, Lsn(1), Lsn(1)});
  EXPECT_EQ(a.core.commit(), Lsn(1));
}

TEST(Primary, AsksToRemoveASilentSecondaryAfterTheBoundOnly) {
  LoneCore a("a");
  a.lead_two();
  a.now_ms = 2500;
  a.feed(Tick{});
  EXPECT_TRUE(a.got<RequestView>().empty()) << "a cut of one second must not cost the redundancy";
  a.now_ms = 2501;
  a.feed(Tick{});
  ASSERT_EQ(a.got<RequestView>().size(), 1u);
  EXPECT_EQ(a.got<RequestView>()[0].change, Change::kRemove);
  a.feed(append("x"));
  EXPECT_EQ(a.core.commit(), Lsn(0)) << "not before the view says so";
  a.feed(ViewUpdate{view_of(2, "a", {"a"}, {"b", "c"}), true});
  EXPECT_EQ(a.core.commit(), Lsn(1));
}

TEST(Primary, HandsOverOnceEverythingIsCommitted) {
  LoneCore a("a");
  a.lead_two();
  a.feed(append("x"));
  a.feed(HandOver{NodeId("b")});
  EXPECT_EQ(a.core.can_append(ms(1001)), Refusal::kHandingOver);
  EXPECT_TRUE(a.got<RequestView>().empty());
  a.from("b", Ack{Epoch(1), a.round, Lsn(1), Lsn(1)});
  ASSERT_EQ(a.got<RequestView>().size(), 1u);
  EXPECT_EQ(a.got<RequestView>()[0].change, Change::kHandOver);
  a.now_ms = 2002;
  a.from("b", HeartbeatAck{Epoch(1), ms(2002), Lsn()});
  a.feed(Tick{});
  EXPECT_EQ(a.core.can_append(ms(2002)), Refusal::kNone) << "given up: goes on";
}

TEST(Primary, BoundsWhatIsUncommitted) {
  LoneCore a("a");
  a.lead_two();
  ClientAppend big;
  big.payloads.emplace_back(kUncommittedBytesMax, 'x');
  a.feed(std::move(big));
  EXPECT_EQ(a.core.can_append(ms(1001)), Refusal::kBacklog);
  a.from("b", Ack{Epoch(1), a.round, Lsn(1), Lsn(1)});
  EXPECT_EQ(a.core.can_append(ms(1001)), Refusal::kNone);
}

TEST(Primary, StopsSendingToAFollowerWhoseWindowIsFull) {
  LoneCore a("a");
  a.lead_two();
  a.feed(append("x"));
  a.feed(append("y"));
  EXPECT_TRUE(a.got<SendRecords>().empty()) << "one read at a time";
  a.feed(RecordsSent{NodeId("b"), a.round, Lsn(1), kWindowBytesMax});
  EXPECT_TRUE(a.got<SendRecords>().empty()) << "the window is full";
  a.from("b", Ack{Epoch(1), a.round, Lsn(1), Lsn(1)});
  ASSERT_EQ(a.got<SendRecords>().size(), 1u);
  EXPECT_EQ(a.got<SendRecords>()[0].first, Lsn(2));
}

TEST(Primary, AFailedSyncEndsIt) {
  LoneCore a("a", Durability::kDisk);
  a.lead_two();
  a.feed(append("x"));
  a.feed(LogFailed{"EIO"});
  EXPECT_EQ(a.core.state(), State::kFailed);
  EXPECT_EQ(a.got<Fail>().size(), 1u);
  EXPECT_FALSE(a.core.may_serve(ms(1001)));
}

}  // namespace
}  // namespace multiaz::replication
