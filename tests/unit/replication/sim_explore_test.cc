// Tests every order of a few events in small worlds, and the shrinking of failing plans.
// `replication_simulator --exhaustive` explores all of the small worlds.
#include <gtest/gtest.h>

#include "replication/sim/explore.h"
#include "replication/sim/shrink.h"

namespace multiaz::replication::sim {
namespace {

const SmallStory& story_named(std::string_view name) {
  for (const SmallStory& story : small_stories())
    if (story.name == name) return story;
  ADD_FAILURE() << "no small world is called " << name;
  return small_stories().front();
}

TEST(Exploration, EveryOrderOfASwitchoverIsSafe) {
  const Exploration found = explore(story_named("switchover-2"), Bug::kNone);
  EXPECT_TRUE(found.complete) << found.violation.check << ": " << found.violation.detail << "\n"
                              << found.trace;
  EXPECT_GT(found.ends, 50u) << "many orders came to their end";
  EXPECT_GT(found.runs, found.states);
}

TEST(Exploration, IsTheSameEveryTime) {
  const Exploration one = explore(story_named("primary-dies-2"), Bug::kNone, 200);
  const Exploration two = explore(story_named("primary-dies-2"), Bug::kNone, 200);
  EXPECT_FALSE(one.complete) << "200 runs are not all";
  EXPECT_EQ(one.states, two.states);
  EXPECT_EQ(one.ends, two.ends);
}

struct Found {
  Bug bug;
  const char* story;
  const char* check;
};

class MistakeInASmallWorld : public testing::TestWithParam<Found> {};

TEST_P(MistakeInASmallWorld, IsFoundInSomeOrder) {
  const Exploration found = explore(story_named(GetParam().story), GetParam().bug);
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.violation.check, GetParam().check) << found.violation.detail;
  EXPECT_NE(found.trace.find("CHECK " + found.violation.check), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, MistakeInASmallWorld,
    testing::Values(Found{Bug::kAckBeforeReplicate, "primary-dies-2", "commit-without-in-sync"},
                    Found{Bug::kServeTooEarly, "primary-dies-2", "commit-without-in-sync"},
                    Found{Bug::kApplyUncommitted, "cut-2", "commit-without-in-sync"},
                    Found{Bug::kShrinkWithoutCm, "primary-dies-2", "commit-without-in-sync"},
                    Found{Bug::kForgetView, "primary-dies-2", "epoch-not-persisted"}),
    [](const auto& info) {
      std::string name(to_string(info.param.bug));
      std::erase(name, '-');
      return name;
    });

// The plan of the first seed that fails with this mistake.
Plan failing_plan(Bug bug) {
  for (uint64_t seed = 1;; ++seed) {
    Plan plan = plan_from({.seed = seed, .bug = bug});
    if (!run_plan(plan).ok()) return plan;
  }
}

TEST(Shrinking, LeavesWhatMattersOnly) {
  // The race is not narrow, so few runs are enough.
  const Plan plan = failing_plan(Bug::kShrinkWithoutCm);
  const std::string check = run_plan(plan).violation.check;
  const Shrunk small = shrink(plan, 25);
  EXPECT_EQ(small.result.violation.check, check) << "the same mistake, not another one";
  EXPECT_LT(small.plan.strikes.size(), plan.strikes.size());
  EXPECT_LE(small.runs, 25u);
  EXPECT_EQ(describe(shrink(plan, 25).plan), describe(small.plan)) << "deterministic";
}

TEST(Shrinking, APlanThatHoldsIsLeftAlone) {
  const Plan plan = plan_from({.seed = 1});
  const Shrunk same = shrink(plan);
  EXPECT_TRUE(same.result.ok());
  EXPECT_EQ(describe(same.plan), describe(plan));
}

TEST(Plans, AFaultIsTheSameWithoutItsNeighbours) {
  Plan plan = plan_from({.seed = 7, .trace = true});
  ASSERT_GE(plan.strikes.size(), 2u);
  const std::string whole = run_plan(plan).trace;
  plan.strikes.resize(1);
  const std::string one = run_plan(plan).trace;
  const size_t second = whole.find(" fault ", whole.find(" fault ") + 1);
  const size_t line = whole.rfind('\n', second) + 1;
  EXPECT_EQ(one.substr(0, line), whole.substr(0, line));
}

}  // namespace
}  // namespace multiaz::replication::sim
