// Scaling policies against metrics that the test makes up, period by period.
#include "orchestrator/asg/scaling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace multiaz::orchestrator {
namespace {

struct World {
  Scaling scaling{ScalingTimes()};
  std::vector<ScalingPolicy> policies;
  int64_t desired = 6, min = 1, max = 50;
  Nanos now = kSecond;
  int64_t warming = 0;

  explicit World(ScalingPolicy policy) { policies.push_back(std::move(policy)); }

  // One period with so many requests/s; an added instance is warm two periods later.
  std::optional<ScalingDecision> under(double requests_per_s) {
    now += 500 * kMillisecond;
    ScalingMetrics metrics;
    metrics.warm = desired - warming;
    metrics.warming = warming;
    metrics.requests_per_s = requests_per_s;
    metrics.cpu_percent = requests_per_s / static_cast<double>(std::max<int64_t>(1, metrics.warm));
    warming = warming > 0 && now >= warm_at_ ? 0 : warming;
    auto decision = scaling.period(now, metrics, policies, desired, min, max);
    if (decision) {
      if (decision->desired > desired) {
        warming = decision->desired - desired;
        warm_at_ = now + kSecond;
      }
      desired = decision->desired;
    }
    return decision;
  }
  // Passes so many periods; returns the number of changes of the capacity.
  int periods(int n, double requests_per_s) {
    int changes = 0;
    for (int i = 0; i < n; ++i) changes += under(requests_per_s).has_value() ? 1 : 0;
    return changes;
  }

 private:
  Nanos warm_at_ = 0;
};

ScalingPolicy track(double target, ScalingMetric metric = ScalingMetric::kRequests) {
  ScalingPolicy policy;
  policy.name = "requests-target";
  policy.metric = metric;
  policy.target = target;
  return policy;
}

TEST(Scaling, TheLoadDoublesAndTheCapacityFollowsInTwoPeriods) {
  World world(track(100));
  EXPECT_EQ(world.periods(20, 580), 0);
  EXPECT_FALSE(world.under(1200));
  const auto decision = world.under(1200);
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->desired, 12);
  EXPECT_EQ(decision->reason, "200.0 requests/s an instance, target 100.0");
  EXPECT_EQ(world.periods(60, 1190), 0) << "and stays there";
}

TEST(Scaling, InIsSlowAndAimsBelowTheTarget) {
  World world(track(100));
  world.desired = 12;
  EXPECT_EQ(world.periods(9, 300), 0);
  const auto decision = world.under(300);
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->desired, 4) << "300 / 90, rounded up";
  EXPECT_EQ(world.periods(40, 300), 0) << "75 a instance: neither above 100 nor 3 x 90";
}

TEST(Scaling, ASineShapedLoadIsFollowedWithoutFlapping) {
  World world(track(50));
  world.desired = 8;
  std::vector<int64_t> course;
  for (int i = 0; i < 240; ++i) {  // two minutes, four waves
    const double load = 400 + 200 * std::sin(2 * M_PI * i / 60.0);
    if (world.under(load)) course.push_back(world.desired);
  }
  int turns = 0;
  for (size_t i = 2; i < course.size(); ++i) {
    turns += (course[i] > course[i - 1]) != (course[i - 1] > course[i - 2]) ? 1 : 0;
  }
  EXPECT_LE(turns, 8) << "at most up and down once a wave";
  EXPECT_GE(world.desired, 4);
  EXPECT_LE(world.desired, 13);
}

TEST(Scaling, NoiseAroundTheTargetChangesLittle) {
  World world(track(100));
  int changes = 0;
  for (int i = 0; i < 240; ++i) changes += world.under(i % 2 ? 560 : 630) ? 1 : 0;
  EXPECT_EQ(changes, 0) << "never two periods in a row above";
}

TEST(Scaling, BoundsHold) {
  World world(track(10));
  world.max = 9;
  EXPECT_EQ(world.periods(2, 10'000), 1);
  EXPECT_EQ(world.desired, 9);
  world.min = 5;
  EXPECT_GE(world.periods(60, 0), 1);
  EXPECT_EQ(world.desired, 5);
}

TEST(Scaling, WithoutDataNobodyScales) {
  World world(track(100));
  for (int i = 0; i < 40; ++i) {
    world.now += 500 * kMillisecond;
    EXPECT_FALSE(world.scaling.period(world.now, ScalingMetrics(), world.policies, 6, 1, 50));
  }
}

TEST(Scaling, OutIfAnyPolicyAsksInOnlyIfAllAgree) {
  World world(track(100));
  world.policies.push_back(track(1'000'000, ScalingMetric::kCpu));
  world.policies.back().name = "cpu-target";
  world.policies.push_back(track(20));
  world.policies.back().name = "strict";
  EXPECT_EQ(world.periods(2, 200), 1);
  EXPECT_EQ(world.desired, 10) << "what the strict one needs";
  world.policies.back().disable_scale_in = true;
  EXPECT_EQ(world.periods(60, 1), 0) << "one policy never agrees";
}

TEST(Scaling, StepsCountWhatIsWarmingUpAndDoNotAddTwice) {
  ScalingPolicy policy = track(100);
  policy.type = PolicyType::kStep;
  policy.steps = {{0, 50, 1}, {50, std::numeric_limits<double>::infinity(), 3}};
  ASSERT_TRUE(check_policy(policy).ok());
  World world(policy);
  EXPECT_EQ(world.periods(2, 6 * 120), 1);
  EXPECT_EQ(world.desired, 7);
  world.warming = 1;
  EXPECT_FALSE(world.under(6 * 120)) << "that one is on its way";
  EXPECT_TRUE(world.under(6 * 400));
  EXPECT_EQ(world.desired, 9) << "the higher step: 3 above the 6 warm ones";
}

TEST(Scaling, SimpleScalingWaitsForItsCooldown) {
  ScalingPolicy policy = track(100);
  policy.type = PolicyType::kSimple;
  policy.steps = {{}};
  policy.steps[0].adjustment = 2;
  policy.cooldown_ms = 5000;
  World world(policy);
  EXPECT_EQ(world.periods(10, 10'000), 1);
  EXPECT_EQ(world.desired, 8);
  EXPECT_EQ(world.periods(5, 10'000), 1);
  EXPECT_EQ(world.desired, 10);
}

TEST(Scaling, PercentagesAreRoundedAsAwsDoes) {
  const auto percent = [](int64_t capacity, double adjustment, int64_t least = 0) {
    return adjusted(capacity, AdjustmentType::kPercentChangeInCapacity, adjustment, least) -
           capacity;
  };
  EXPECT_EQ(percent(127, 10), 12);   // 12.7
  EXPECT_EQ(percent(5, 10), 1);      // 0.5
  EXPECT_EQ(percent(5, -10), -1);    // -0.5
  EXPECT_EQ(percent(667, -1), -6);   // -6.67
  EXPECT_EQ(percent(10, 10, 3), 3);  // 10 % would be 1, but at least 3
  EXPECT_EQ(adjusted(7, AdjustmentType::kExactCapacity, 4, 0), 4);
}

TEST(Scaling, BadPoliciesAreNamed) {
  ScalingPolicy policy = track(100);
  policy.type = PolicyType::kStep;
  policy.steps = {{0, 10, 1}, {20, 30, 2}};
  EXPECT_EQ(check_policy(policy).error().detail,
            "requests-target: steps must not overlap or leave a gap: one ends at 10.0, the next "
            "begins at 20.0");
  EXPECT_FALSE(check_policy(track(0)).ok());
  policy.steps.clear();
  EXPECT_FALSE(check_policy(policy).ok());
}

}  // namespace
}  // namespace multiaz::orchestrator
