// Which target gets the next request: health, turns, suspicion, fail-open, stickiness, draining,
// retries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "base/core/random.h"
#include "lb/balance/retry.h"
#include "lb/balance/sticky.h"
#include "lb/balance/target_group.h"
#include "tests/unit/lb/seed.h"

namespace multiaz::lb {
namespace {

using ::testing::ElementsAre;

constexpr Nanos kDelay = 5 * kSecond;

GroupPolicy policy() {
  GroupPolicy out;
  out.deregistration_delay = kDelay;
  return out;
}

TargetSpec spec(std::string id, bool draining = false) {
  TargetSpec out;
  out.zone = id.substr(0, 5);
  out.port = 8080;
  out.id = std::move(id);
  out.draining = draining;
  return out;
}

// Targets a1, a2, b1 that have passed their first check.
struct ThreeTargets : ::testing::Test {
  ThreeTargets() : group(policy()) {
    group.update({spec("a1"), spec("a2"), spec("b1")}, 0);
    for (const char* id : {"a1", "a2", "b1"}) group.record_check(id, true, "", 0);
  }
  std::string pick(const std::string& sticky = "", const std::set<std::string>& tried = {}) {
    const auto choice = group.choose(sticky, tried, {});
    return choice ? (choice->stuck ? "=" : "") + choice->id : "none";
  }
  void fail(const std::string& id, int times = 1) {
    for (int i = 0; i < times; ++i) group.record_check(id, false, "Target.Timeout", 0);
  }
  TargetGroup group;
};

TEST(HealthState, FirstSuccessIsEnoughThenThresholdsCount) {
  Thresholds thresholds;
  thresholds.healthy = 3;
  thresholds.unhealthy = 2;
  HealthState state;
  EXPECT_EQ(state.health(), Health::kInitial);
  EXPECT_TRUE(state.record(true, thresholds));
  EXPECT_EQ(state.health(), Health::kHealthy);
  EXPECT_FALSE(state.record(false, thresholds));
  EXPECT_FALSE(state.record(true, thresholds)) << "failures count in a row only";
  EXPECT_FALSE(state.record(false, thresholds));
  EXPECT_TRUE(state.record(false, thresholds));
  EXPECT_EQ(state.health(), Health::kUnhealthy);
  EXPECT_FALSE(state.record(true, thresholds));
  EXPECT_FALSE(state.record(true, thresholds));
  EXPECT_TRUE(state.record(true, thresholds));
  EXPECT_EQ(state.health(), Health::kHealthy);
}

TEST_F(ThreeTargets, TakeTurnsAcrossZones) {
  EXPECT_EQ(pick(), "a1");
  EXPECT_EQ(pick(), "a2");
  EXPECT_EQ(pick(), "b1");
  EXPECT_EQ(pick(), "a1");
}

TEST_F(ThreeTargets, UnhealthyOnesAreLeftOutUntilTheyHeal) {
  fail("a2", 2);
  EXPECT_EQ(group.healthy_count(), 2U);
  EXPECT_EQ(pick(), "a1");
  EXPECT_EQ(pick(), "b1");
  EXPECT_EQ(pick(), "a1");
  group.record_check("a2", true, "", 0);
  EXPECT_EQ(pick(), "b1") << "one success is not enough";
  group.record_check("a2", true, "", 0);
  EXPECT_EQ(pick(), "a1");
  EXPECT_EQ(pick(), "a2");
}

TEST_F(ThreeTargets, AllUnhealthyMeansAllAreUsed) {
  for (const char* id : {"a1", "a2", "b1"}) fail(id, 2);
  EXPECT_EQ(group.healthy_count(), 0U);
  EXPECT_FALSE(group.empty());
  EXPECT_EQ(pick(), "a1");
  EXPECT_EQ(pick(), "a2");
  EXPECT_EQ(pick("b1"), "=b1") << "fail-open keeps sessions where they are";
}

TEST_F(ThreeTargets, ANewTargetWaitsForItsFirstCheck) {
  group.update({spec("a1"), spec("a2"), spec("b1"), spec("b2")}, 0);
  for (int i = 0; i < 6; ++i) EXPECT_NE(pick(), "b2");
  group.record_check("b2", true, "", 0);
  EXPECT_EQ(pick("b2"), "=b2");
}

TEST_F(ThreeTargets, SuspectsAreAvoidedUntilTheNextCheck) {
  group.suspect("a1");
  EXPECT_EQ(pick(), "a2");
  EXPECT_EQ(pick(), "b1");
  EXPECT_EQ(pick(), "a2");
  EXPECT_EQ(pick("a1"), "b1") << "a session moves as well";
  group.suspect("a2");
  group.suspect("b1");
  EXPECT_EQ(pick(), "a1") << "better a suspect than nobody";
  group.record_check("b1", true, "", 0);
  EXPECT_EQ(pick(), "b1");
  EXPECT_EQ(pick(), "b1");
}

TEST_F(ThreeTargets, StickyUnlessUnknownUnhealthyOrTried) {
  EXPECT_EQ(pick("b1"), "=b1");
  EXPECT_EQ(pick("b1"), "=b1");
  EXPECT_EQ(pick("gone"), "a1");
  EXPECT_EQ(pick("b1", {"b1"}), "a2");
  fail("b1", 2);
  EXPECT_EQ(pick("b1"), "a1");
}

TEST_F(ThreeTargets, NobodyIsAskedTwiceForOneRequest) {
  EXPECT_EQ(pick("", {"a1", "a2"}), "b1");
  EXPECT_EQ(pick("", {"a1", "a2", "b1"}), "none");
}

TEST_F(ThreeTargets, DrainingTakesNothingNewAndIsCutWhenItsTimeIsOver) {
  group.begin_request("a2");
  const Changes changes = group.update({spec("a1"), spec("a2", true), spec("b1")}, 10 * kSecond);
  EXPECT_THAT(changes.draining, ElementsAre("a2"));
  EXPECT_EQ(pick("a2"), "a1") << "not even for its own sessions";
  EXPECT_TRUE(group.overdue(10 * kSecond + kDelay - 1).empty());
  EXPECT_THAT(group.overdue(10 * kSecond + kDelay), ElementsAre("a2"));
  group.end_request("a2");
  EXPECT_TRUE(group.overdue(10 * kSecond + kDelay).empty());
  // The same topology again does not restart the delay.
  EXPECT_TRUE(group.update({spec("a1"), spec("a2", true), spec("b1")}, kSecond).draining.empty());
}

TEST_F(ThreeTargets, GoneIsForgottenAndComesBackNew) {
  const Changes gone = group.update({spec("a1"), spec("b1")}, 0);
  EXPECT_THAT(gone.removed, ElementsAre("a2"));
  EXPECT_EQ(group.find("a2"), nullptr);
  const Changes back = group.update({spec("a1"), spec("a2"), spec("b1")}, 0);
  EXPECT_THAT(back.added, ElementsAre("a2"));
  EXPECT_EQ(group.find("a2")->state.health(), Health::kInitial);
  TargetSpec moved = spec("a1");
  moved.port = 9090;
  const Changes changes = group.update({moved, spec("a2"), spec("b1")}, 0);
  EXPECT_THAT(changes.removed, ElementsAre("a1"));
  EXPECT_THAT(changes.added, ElementsAre("a1"));
}

TEST(TargetGroup, EmptyWhenNothingOrOnlyDrainingIsRegistered) {
  TargetGroup group(policy());
  EXPECT_TRUE(group.empty());
  EXPECT_FALSE(group.choose("", {}, {}));
  group.update({spec("a1", true)}, 0);
  EXPECT_TRUE(group.empty());
  EXPECT_FALSE(group.choose("a1", {}, {}));
}

// Whatever happens, a chosen target is registered, not draining, not tried, and healthy if any is.
TEST(TargetGroup, KeepsItsRulesThroughRandomHistories) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE("MULTIAZ_SEED=" + std::to_string(seed));
  Random random(seed);
  TargetGroup group(policy());
  for (int step = 0; step < 20'000; ++step) {
    const std::string id = "t" + std::to_string(random.below(6));
    switch (random.below(5)) {
      case 0: {
        std::vector<TargetSpec> specs;
        for (int i = 0; i < 6; ++i) {
          if (random.percent(70))
            specs.push_back(spec("t" + std::to_string(i), random.percent(20)));
        }
        group.update(specs, static_cast<Nanos>(step));
        break;
      }
      case 1: group.suspect(id); break;
      default: group.record_check(id, random.percent(60), "", 0); break;
    }
    std::set<std::string> tried;
    if (random.percent(30)) tried.insert("t" + std::to_string(random.below(6)));
    const auto choice = group.choose(id, tried, {});
    if (!choice) continue;
    const Target* target = group.find(choice->id);
    ASSERT_NE(target, nullptr);
    EXPECT_EQ(target->draining_until, 0U);
    EXPECT_FALSE(tried.contains(choice->id));
    if (group.healthy_count() > 0) {
      EXPECT_EQ(target->state.health(), Health::kHealthy);
    }
  }
}

Attempts attempts(bool idempotent, int connects_failed, int sends, bool consumed = false) {
  Attempts out;
  out.idempotent = idempotent;
  out.connects_failed = connects_failed;
  out.sends = sends;
  out.body_consumed = consumed;
  return out;
}

TEST(Retry, AFailedConnectGoesToAnotherTargetWhateverTheMethod) {
  EXPECT_TRUE(after_failure(Failure::kRefused, attempts(false, 1, 0)).again);
  EXPECT_TRUE(after_failure(Failure::kConnectTimeout, attempts(false, 2, 0)).again);
  EXPECT_FALSE(after_failure(Failure::kRefused, attempts(true, kConnectsMax, 0)).again);
  EXPECT_EQ(after_failure(Failure::kRefused, attempts(true, kConnectsMax, 0)).status, 502);
  EXPECT_EQ(after_failure(Failure::kConnectTimeout, attempts(true, kConnectsMax, 0)).status, 504);
}

TEST(Retry, OnlyIdempotentRequestsAreSentAgainAndOnlyOnce) {
  EXPECT_TRUE(after_failure(Failure::kLost, attempts(true, 0, 1)).again);
  EXPECT_FALSE(after_failure(Failure::kLost, attempts(true, 0, 2)).again);
  EXPECT_FALSE(after_failure(Failure::kLost, attempts(false, 0, 1)).again);
  EXPECT_FALSE(after_failure(Failure::kLost, attempts(true, 0, 1, true)).again) << "body is gone";
  EXPECT_EQ(after_failure(Failure::kLost, attempts(false, 0, 1)).status, 502);
  EXPECT_FALSE(after_failure(Failure::kBroken, attempts(true, 0, 1)).again);
  EXPECT_EQ(after_failure(Failure::kBroken, attempts(true, 0, 1)).status, 502);
  EXPECT_FALSE(after_failure(Failure::kSilent, attempts(true, 0, 1)).again);
  EXPECT_EQ(after_failure(Failure::kSilent, attempts(true, 0, 1)).status, 504);
  EXPECT_FALSE(is_idempotent("POST"));
  EXPECT_FALSE(is_idempotent("PATCH"));
  EXPECT_TRUE(is_idempotent("DELETE"));
}

TEST(Sticky, SurvivesTheRoundTripUntilItIsTooOld) {
  Sticky sticky;
  sticky.target = "web-a1";
  sticky.issued_ms = 1'000'000;
  const std::string plain = encode_sticky(sticky);
  EXPECT_EQ(plain.size(), kStickyBytes);
  EXPECT_EQ(decode_sticky(plain, 1'000'100, 100)->target, "web-a1");
  EXPECT_FALSE(decode_sticky(plain, 1'000'101, 100)) << "too old";
  EXPECT_FALSE(decode_sticky(plain, 1'000'000 - 70'000, 100)) << "from the future";
  EXPECT_FALSE(decode_sticky(plain.substr(1), 1'000'000, 100));
  EXPECT_FALSE(decode_sticky(std::string(kStickyBytes, '\xff'), 0, 100));
}

}  // namespace
}  // namespace multiaz::lb
