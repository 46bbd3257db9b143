// A member with a foreign server: when it serves, follows, waits and asks.
#include "enginenode/member/member.h"

#include <gtest/gtest.h>

#include <set>

namespace multiaz::enginenode {
namespace {

using replication::Change;
using replication::State;

constexpr Nanos kStart = 10 * kSecond;

View view_of(const std::string& text) {
  auto view = replication::restore_view(text);
  CHECK(view.ok());
  return *view;
}

struct Story {
  Nanos now = kStart;
  Member member;
  EngineFacts facts;
  Orders orders;

  explicit Story(const std::string& id)
      : member(NodeId(id), Launch(1), replication::Timings(), kStart) {}
  void pass(uint64_t ms) { now += ms * kMillisecond; }
  void sees(const std::string& view, bool fenced = true) {
    member.on_view(now, view_of(view), fenced);
    decide();
  }
  void decide() { orders = member.decide(now, facts); }
  // Sets the facts as if the engine had carried out its orders.
  void obeys() {
    facts.up = true;
    facts.writable = orders.duty == Duty::kPrimary;
    facts.following = orders.duty == Duty::kFollow;
    facts.waits_for = orders.waits_for;
    decide();
  }
  void lease(const std::string& by) { member.on_granted(by, member.view().epoch, now); }
  void streams(const std::string& id, uint64_t position, bool caught_up = true) {
    facts.followers[id] = {caught_up, position >= facts.position, position};
  }
  [[nodiscard]] bool serves() const { return member.serving(now); }
  // Lets time pass in small steps, and renews every lease that the member asks for.
  void live(uint64_t ms) {
    for (uint64_t i = 0; i < ms; i += 50) {
      pass(50);
      for (const std::string id : {"a", "b", "c", "r"}) {
        if (member.asks_for_lease(id) && !silent.contains(id)) lease(id);
      }
      decide();
      if (orders.request) asked.push_back(*orders.request);
      facts.waits_for = orders.waits_for;
    }
  }
  std::vector<replication::RequestView> asked;
  std::set<std::string> silent;  // these members grant nothing
};

TEST(EngineMember, APrimaryServesWithItsEngineItsNamesAndItsLease) {
  Story a("a");
  EXPECT_EQ(a.orders.duty, Duty::kStay) << "before any view it touches nothing";
  a.sees("1 primary=a/1 in_sync=a:1,b:2 learners=");
  EXPECT_EQ(a.orders.duty, Duty::kPrimary);
  EXPECT_EQ(a.orders.waits_for, std::vector<std::string>{"b"});
  EXPECT_FALSE(a.serves());
  a.obeys();
  EXPECT_FALSE(a.serves()) << "nobody has granted the lease";
  a.lease("b");
  EXPECT_TRUE(a.serves());
  EXPECT_EQ(a.member.state(a.now), State::kPrimary);
  a.facts.waits_for.clear();
  a.decide();
  EXPECT_FALSE(a.serves()) << "a commit would not wait for b";
}

TEST(EngineMember, ALeaseCountsFromTheQuestionAndEnds) {
  Story a("a");
  a.sees("1 primary=a/1 in_sync=a:1,b:2 learners=");
  a.obeys();
  a.member.on_granted("b", Epoch(1), a.now - 500 * kMillisecond);
  EXPECT_TRUE(a.serves());
  a.pass(100);
  EXPECT_FALSE(a.serves()) << "600 ms after the question";
  a.member.on_granted("b", Epoch(0), a.now);
  EXPECT_FALSE(a.serves()) << "of another epoch";
}

TEST(EngineMember, AloneItNeedsNoLease) {
  Story a("a");
  a.sees("1 primary=a/1 in_sync=a:1 learners=b");
  a.obeys();
  a.pass(60'000);
  EXPECT_TRUE(a.serves());
}

TEST(EngineMember, AnUnfencedSuccessorWaitsForTheLeaseThatItGranted) {
  Story b("b");
  b.sees("1 primary=a/1 in_sync=a:1,b:2 learners=");
  EXPECT_EQ(b.orders.duty, Duty::kFollow);
  b.pass(5000);
  EXPECT_TRUE(b.member.grant(b.now, Epoch(1)));
  b.pass(100);
  b.sees("2 primary=b/1 in_sync=b:2 learners=a", false);
  EXPECT_EQ(b.orders.duty, Duty::kStay) << "not even promoted: a may still send us its writes";
  EXPECT_FALSE(b.member.grant(b.now, Epoch(1))) << "no more leases for the old epoch";
  b.pass(649);
  b.decide();
  EXPECT_EQ(b.orders.duty, Duty::kStay);
  b.pass(1);
  b.decide();
  EXPECT_EQ(b.orders.duty, Duty::kPrimary);
}

TEST(EngineMember, ProofOfDeathCutsTheWaitShort) {
  Story b("b");
  b.sees("1 primary=a/1 in_sync=a:1,b:2 learners=");
  b.member.grant(b.now, Epoch(1));
  b.sees("2 primary=b/1 in_sync=b:2 learners=a", false);
  EXPECT_EQ(b.orders.duty, Duty::kStay);
  b.sees("2 primary=b/1 in_sync=b:2 learners=a", true);
  EXPECT_EQ(b.orders.duty, Duty::kPrimary);
}

TEST(EngineMember, ARestartedProcessIsNotThePrimaryThatTheViewNames) {
  Story a("a");
  a.sees("4 primary=a/7 in_sync=a:1,b:2 learners=");
  EXPECT_EQ(a.orders.duty, Duty::kStay) << "launch 7 it was, this is launch 1";
  EXPECT_FALSE(a.member.is_primary());
}

TEST(EngineMember, ADemotedPrimaryStopsAtOnceAndFollows) {
  Story a("a");
  a.sees("1 primary=a/1 in_sync=a:1,b:2 learners=");
  a.obeys();
  a.lease("b");
  ASSERT_TRUE(a.serves());
  a.member.on_view(a.now, view_of("2 primary=b/1 in_sync=b:2 learners=a"), true);
  EXPECT_FALSE(a.serves()) << "before anything else is decided";
  a.decide();
  EXPECT_EQ(a.orders.duty, Duty::kFollow);
}

TEST(EngineMember, ALearnerIsWaitedForBeforeItIsCalledInSync) {
  Story a("a");
  a.sees("2 primary=a/1 in_sync=a:1 learners=b,r(replica)");
  a.obeys();
  a.streams("b", 100);
  a.streams("r", 100);
  a.live(1000);
  EXPECT_TRUE(a.asked.empty()) << "the life of b's data is not known yet";
  a.member.on_follower("b", Incarnation("2"));
  a.member.on_follower("r", Incarnation("3"));
  a.live(100);
  EXPECT_TRUE(a.orders.waits_for.empty());
  a.live(50);
  EXPECT_EQ(a.orders.waits_for, std::vector<std::string>{"b"}) << "a replica is never waited for";
  EXPECT_TRUE(a.serves()) << "and meanwhile it serves";
  a.live(300);
  ASSERT_FALSE(a.asked.empty());
  EXPECT_EQ(a.asked[0].change, Change::kAdd);
  EXPECT_EQ(a.asked[0].member, (replication::MemberRef{NodeId("b"), Incarnation("2")}));
}

TEST(EngineMember, ALearnerThatFallsBackBeginsAgain) {
  Story a("a");
  a.sees("2 primary=a/1 in_sync=a:1 learners=b");
  a.obeys();
  a.member.on_follower("b", Incarnation("2"));
  a.streams("b", 100);
  a.live(150);
  a.streams("b", 100, false);
  a.live(50);
  a.streams("b", 100);
  a.live(150);
  EXPECT_TRUE(a.asked.empty());
}

// Member a was primary alone and has asked to add b.
Story with_b_asked_in() {
  Story a("a");
  a.sees("2 primary=a/1 in_sync=a:1 learners=b");
  a.obeys();
  a.member.on_follower("b", Incarnation("2"));
  a.streams("b", 100);
  a.live(1000);
  CHECK(!a.asked.empty() && a.asked.back().change == Change::kAdd);
  return a;
}

TEST(EngineMember, APrimaryThatStaysOneServesOnThroughEveryChangeOfView) {
  Story a = with_b_asked_in();
  ASSERT_TRUE(a.serves());
  for (const char* view : {"3 primary=a/1 in_sync=a:1,b:2 learners=",   // b has joined
                           "4 primary=a/1 in_sync=a:1,b:2 learners=c",  // c becomes a learner
                           "5 primary=a/1 in_sync=a:1,b:2 learners=",   // c leaves
                           "6 primary=a/1 in_sync=a:1 learners=b"}) {   // b is removed
    a.member.on_view(a.now, view_of(view), true);
    EXPECT_TRUE(a.serves()) << "at once in " << view;
    a.decide();
    EXPECT_TRUE(a.serves()) << "and after the next look in " << view;
    a.pass(50);
  }
}

TEST(EngineMember, ALeaseDoesNotOutliveTheRole) {
  Story a("a");
  a.sees("1 primary=a/1 in_sync=a:1,b:2 learners=");
  a.obeys();
  a.lease("b");
  ASSERT_TRUE(a.serves());
  a.member.on_view(a.now, view_of("2 primary=b/1 in_sync=a:1,b:2 learners="), true);
  a.member.on_view(a.now, view_of("3 primary=a/1 in_sync=a:1,b:2 learners="), true);
  EXPECT_FALSE(a.serves()) << "b has led since";
  a.lease("b");
  ASSERT_TRUE(a.serves());
  a.member.on_view(a.now, view_of("5 primary=a/1 in_sync=a:1,b:2 learners="), true);
  EXPECT_FALSE(a.serves()) << "b may have led in view 4";
}

TEST(EngineMember, WhoGrantsNoLeaseIsNotAskedIn) {
  Story a("a");
  a.sees("2 primary=a/1 in_sync=a:1 learners=b");
  a.obeys();
  a.member.on_follower("b", Incarnation("2"));
  a.streams("b", 100);
  a.silent = {"b"};
  a.live(3000);
  EXPECT_TRUE(a.asked.empty());
  EXPECT_TRUE(a.serves());
}

TEST(EngineMember, WhoWasAskedInCountsWhateverBecomesOfTheRequest) {
  Story a = with_b_asked_in();
  a.streams("b", 100, false);
  a.live(200);
  EXPECT_EQ(a.orders.waits_for, std::vector<std::string>{"b"}) << "it may be in sync already";
  a.silent = {"b"};
  a.live(650);
  EXPECT_FALSE(a.serves()) << "it may lead already";
  a.asked.clear();
  a.live(1500);
  ASSERT_FALSE(a.asked.empty());
  EXPECT_EQ(a.asked.back().change, Change::kRemove) << "a new epoch makes the request void";
  EXPECT_EQ(a.asked.back().member.id.raw, "b");
  a.sees("3 primary=a/1 in_sync=a:1 learners=b");
  EXPECT_TRUE(a.serves());
}

TEST(EngineMember, WhoTakesNoStreamOrDoesNotAnswerIsRemoved) {
  Story a("a");
  a.sees("3 primary=a/1 in_sync=a:1,b:2,c:3 learners=");
  a.obeys();
  a.streams("b", 1);
  a.streams("c", 1);
  a.live(3000);
  EXPECT_TRUE(a.asked.empty());
  a.facts.followers.erase("c");
  a.live(1400);
  EXPECT_TRUE(a.asked.empty());
  a.live(150);
  ASSERT_EQ(a.asked.size(), 1u);
  EXPECT_EQ(a.asked[0].change, Change::kRemove);
  EXPECT_EQ(a.asked[0].member.id.raw, "c");
}

TEST(EngineMember, AHandOverWaitsUntilTheOtherHasEverything) {
  Story a("a");
  a.sees("3 primary=a/1 in_sync=a:1,b:2 learners=");
  a.obeys();
  a.facts.position = 100;
  a.streams("b", 90);
  a.live(100);
  ASSERT_TRUE(a.serves());
  a.member.on_hand_over(a.now, NodeId("b"));
  EXPECT_FALSE(a.serves()) << "nothing more is acknowledged";
  a.live(200);
  EXPECT_TRUE(a.asked.empty());
  a.streams("b", 100);
  a.live(100);
  ASSERT_EQ(a.asked.size(), 1u);
  EXPECT_EQ(a.asked[0].change, Change::kHandOver);
}

TEST(EngineMember, AHandOverThatTakesTooLongIsGivenUp) {
  Story a("a");
  a.sees("3 primary=a/1 in_sync=a:1,b:2 learners=");
  a.obeys();
  a.facts.position = 100;
  a.streams("b", 90);
  a.live(100);
  a.member.on_hand_over(a.now, NodeId("b"));
  a.live(1050);
  EXPECT_TRUE(a.serves());
  EXPECT_TRUE(a.asked.empty());
}

}  // namespace
}  // namespace multiaz::enginenode
