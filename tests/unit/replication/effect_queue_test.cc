// Tests which effects wait for which between the core and the ports.
#include <gtest/gtest.h>

#include <variant>

#include "replication/driver/batching.h"
#include "replication/driver/effect_queue.h"

namespace multiaz::replication {
namespace {

RoleChanged role(State state) {
  RoleChanged change;
  change.state = state;
  return change;
}

TEST(EffectQueue, NothingGoesBehindABarrierUntilItIsDone) {
  for (const Effect& barrier : {Effect(PersistView()), Effect(TruncateLog()),
                                Effect(InstallSnapshot())}) {
    EffectQueue queue(Bug::kNone);
    queue.push(barrier);
    queue.push(SendMessage());
    ASSERT_TRUE(queue.ready());
    (void)queue.take();
    EXPECT_TRUE(queue.behind_barrier());
    EXPECT_FALSE(queue.ready()) << describe(barrier);
    EXPECT_FALSE(queue.settled());
    queue.barrier_done();
    EXPECT_TRUE(queue.ready());
  }
}

TEST(EffectQueue, WhatStandsOnTheStateWaitsForIt) {
  for (const Effect& waits : {Effect(role(State::kPrimary)), Effect(CommitPoint()),
                              Effect(Rollback()), Effect(InstallSnapshot()),
                              Effect(SendSnapshot())}) {
    EffectQueue queue(Bug::kNone);
    queue.may_apply(Lsn(3));
    queue.push(waits);
    EXPECT_FALSE(queue.ready()) << describe(waits);
    queue.stand_at(Lsn(3));
    EXPECT_TRUE(queue.ready()) << describe(waits);
  }
}

TEST(EffectQueue, RecordsMessagesAndTheEndOfARoleDoNotWaitForTheState) {
  for (const Effect& goes : {Effect(AppendLog()), Effect(SendMessage()), Effect(SendRecords()),
                             Effect(PersistView()), Effect(role(State::kSecondary))}) {
    EffectQueue queue(Bug::kNone);
    queue.may_apply(Lsn(3));
    queue.push(goes);
    EXPECT_TRUE(queue.ready()) << describe(goes);
  }
}

TEST(EffectQueue, TheEndOfARoleIsKnownBeforeItIsCarriedOut) {
  EffectQueue queue(Bug::kNone);
  queue.push(PersistView());
  queue.push(role(State::kActivating));
  queue.push(role(State::kPrimary));
  (void)queue.take();
  EXPECT_TRUE(queue.ends_role());
  queue.barrier_done();
  (void)queue.take();
  EXPECT_FALSE(queue.ends_role());
}

TEST(EffectQueue, AStateThatIsTakenBackIsReadByNobodyUntilItIsRebuilt) {
  EffectQueue queue(Bug::kNone);
  queue.push(Rollback());
  EXPECT_TRUE(queue.takes_back());
  (void)queue.take();
  EXPECT_FALSE(queue.takes_back());
  queue.rebuild();
  EXPECT_TRUE(queue.takes_back());
  EXPECT_TRUE(queue.behind_barrier());
  queue.barrier_done();
  EXPECT_FALSE(queue.takes_back());
}

TEST(EffectQueue, NothingIsLeftOfItWhenTheLogHasFailed) {
  EffectQueue queue(Bug::kNone);
  queue.push(PersistView());
  (void)queue.take();
  queue.push(role(State::kActivating));
  queue.push(Rollback());
  queue.push(InstallSnapshot());
  queue.clear();
  EXPECT_TRUE(queue.settled());
  EXPECT_FALSE(queue.ends_role() || queue.takes_back() || queue.installs());
}

TEST(Batching, AnAppendLooksForCompanyOnceAndIsHeldWhileMoreIsAnnounced) {
  Batching batching;
  const Nanos now = 5 * kSecond;
  batching.appended(10, now);
  batching.begin_turn(now);
  EXPECT_TRUE(batching.holding());
  batching.end_turn();
  batching.begin_turn(now);
  EXPECT_FALSE(batching.holding()) << "it was looked at once";
  batching.end_turn();
  EXPECT_FALSE(batching.more_to_come(true));
  batching.appended(10, now);
  batching.begin_turn(now + kHoldMs * kMillisecond);
  EXPECT_TRUE(batching.holding()) << "another one was announced";
  EXPECT_TRUE(batching.more_to_come(false)) << "what was held may go";
  EXPECT_FALSE(batching.holding());
}

TEST(Batching, MuchIsNotHeld) {
  Batching batching;
  batching.more_to_come(true);
  batching.appended(kHoldBytesMax, kSecond);
  batching.begin_turn(kSecond);
  EXPECT_FALSE(batching.holding());
}

}  // namespace
}  // namespace multiaz::replication
