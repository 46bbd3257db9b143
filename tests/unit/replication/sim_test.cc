// Random runs of the simulator: hundreds of seeds give no violation, the same seed gives the same
// trace, and each known mistake is caught. `replication_simulator --seed N [--bug B] --trace`
// replays one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "replication/sim/coverage.h"
#include "replication/sim/simulate.h"

namespace multiaz::replication::sim {
namespace {

// MULTIAZ_SEEDS=100000 asks for more seeds.
uint64_t seeds(uint64_t usual) {
  const char* asked = std::getenv("MULTIAZ_SEEDS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : usual;
}

TEST(Simulation, SafetyHoldsInEverySeed) {
  Coverage coverage;
  for (uint64_t seed = 1; seed <= seeds(120); ++seed) {
    const RunResult result = simulate({.seed = seed});
    ASSERT_TRUE(result.ok()) << "replication_simulator --seed " << seed
                             << " --trace: " << result.violation.check << ": "
                             << result.violation.detail;
    for (const auto& [what, times] : result.coverage) coverage[what] += times;
  }
  for (const char* what :
       {"log truncated", "snapshot installed", "rollback", "manager promote", "manager shrink",
        "manager join", "manager wait", "manager switchover", "append refused: no lease",
        "append refused: handing over", "request remove", "request add",
        "kill around a view change", "manager crashed between storing and telling", "log trimmed",
        "crash between two effects", "state rebuilt"})
    EXPECT_GT(coverage[what], 0u) << what << " was never exercised";
}

TEST(Simulation, OneLastingFaultCostsFewViewsAndNoProgress) {
  for (uint64_t seed = 1; seed <= seeds(4); ++seed) {
    const RunResult result = simulate({.seed = seed, .liveness = true});
    ASSERT_TRUE(result.ok()) << "replication_simulator --liveness --seed " << seed
                             << " --trace: " << result.violation.check << ": "
                             << result.violation.detail;
  }
}

TEST(Simulation, SameSeedSameTrace) {
  for (uint64_t seed = 500; seed < 505; ++seed) {
    const RunOptions options{.seed = seed, .trace = true, .events = true};
    const RunResult first = simulate(options);
    ASSERT_FALSE(first.trace.empty());
    ASSERT_EQ(first.trace, simulate(options).trace) << "seed " << seed;
  }
}

struct Mistake {
  Bug bug;
  uint64_t within;  // seeds
  std::vector<std::string> checks;
};

class KnownMistake : public testing::TestWithParam<Mistake> {};

TEST_P(KnownMistake, IsCaught) {
  const Mistake& mistake = GetParam();
  for (uint64_t seed = 1; seed <= mistake.within; ++seed) {
    const RunResult result = simulate({.seed = seed, .bug = mistake.bug});
    if (result.ok()) continue;
    EXPECT_THAT(mistake.checks, testing::Contains(result.violation.check))
        << "seed " << seed << ": " << result.violation.detail;
    RecordProperty("caught_by_seed", static_cast<int>(seed));
    return;
  }
  FAIL() << to_string(mistake.bug) << " was not caught within " << mistake.within << " seeds";
}

TEST(KnownMistakes, NoneIsLeftOut) {
  // The table below has one row for each mistake; "none" is no mistake.
  EXPECT_EQ(bug_names().size(), 16u);
}

TEST(Simulation, WhatWasNeverExercisedIsNamed) {
  Coverage all;
  for (const std::string& name : expected_coverage()) all[name] = 1;
  EXPECT_TRUE(missing_coverage(all).empty());
  all.erase("fault switchover");
  EXPECT_EQ(missing_coverage(all), std::vector<std::string>{"fault switchover"});
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, KnownMistake,
    testing::Values(
        Mistake{Bug::kAckBeforeReplicate, 5, {"commit-without-in-sync", "acked-write-lost"}},
        Mistake{Bug::kNoFencing, 100, {"lease-overlap", "stale-read"}},
        Mistake{Bug::kCachedClockLease, 10, {"lease-overlap", "stale-read"}},
        Mistake{Bug::kTruncateByCommit, 60, {"commit-without-in-sync", "acked-write-lost"}},
        Mistake{Bug::kRetryFsync, 60, {"commit-without-in-sync", "acked-write-lost"}},
        Mistake{Bug::kEmptyRestartOk, 200, {"acked-write-lost", "commit-without-in-sync"}},
        Mistake{Bug::kShrinkWithoutCm, 30, {"commit-without-in-sync", "lease-overlap"}},
        Mistake{Bug::kForgetView, 5, {"epoch-not-persisted"}},
        Mistake{Bug::kServeTooEarly, 60, {"commit-without-in-sync", "stale-read"}},
        Mistake{Bug::kLeaseFromReceipt, 200, {"lease-overlap", "stale-read"}},
        Mistake{Bug::kApplyUncommitted, 5, {"commit-without-in-sync", "uncommitted-visible"}},
        Mistake{Bug::kReadOnLead, 60, {"stale-replica-read"}},
        Mistake{Bug::kLeaveBeforeStored, 20, {"epoch-not-persisted"}},
        Mistake{Bug::kServeBeforeApplied, 60, {"stale-read", "executed-elsewhere"}},
        Mistake{Bug::kApplyBeforeRebuild,
                200,
                {"state-ahead-of-log", "uncommitted-visible", "state-not-log"}}),
    [](const auto& info) {
      std::string name(to_string(info.param.bug));
      std::erase(name, '-');
      return name;
    });

TEST(Simulation, AsyncLevelLosesWhatWasNotReplicated) {
  Settings settings;
  settings.durability = Durability::kAsync;
  World world(settings);
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, kSecond));
  world.network().cut(0, 1, true);
  world.network().cut(0, 2, true);
  std::optional<Outcome> outcome;
  world.clients().write_to(0, [&](Outcome got, Lsn) { outcome = got; });
  world.run_for(5 * kMillisecond);
  EXPECT_EQ(outcome, Outcome::kOk) << "acknowledged before anybody else has it";
  world.instances().crash(0, kSecond);
  world.network().cut(0, 1, false);
  world.network().cut(0, 2, false);
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5 * kSecond));
  EXPECT_TRUE(world.node(0).state().empty()) << "and lost: this is what the level means";
  EXPECT_FALSE(world.checker().failed()) << world.checker().violation().detail;
}

TEST(Simulation, TooFewInSyncMembersRefuseWrites) {
  Settings settings;
  settings.candidates = 2;
  settings.min_in_sync = 2;
  World world(settings);
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, kSecond));
  world.instances().crash_for_good(1);
  ASSERT_TRUE(
      world.run_until([&] { return world.node(0).core().view().in_sync.size() == 1; }, kSecond));
  EXPECT_TRUE(world.node(0).serves()) << "reads go on";
  EXPECT_EQ(world.node(0).core().can_append(world.node(0).local_now()), Refusal::kTooFewInSync);
}

TEST(Simulation, SwitchoverLosesNoWrite) {
  Settings settings;
  settings.clients = 3;
  World world(settings);
  ASSERT_TRUE(world.run_until([&] { return world.serving(); }, kSecond));
  for (int i = 0; i < 6; ++i) {
    const NodeId before = world.control().latest_view().primary;
    world.control().ask(SwitchoverRequest{});
    ASSERT_TRUE(world.run_until(
        [&] { return world.serving() && world.control().latest_view().primary != before; },
        kSecond));
    world.run_for(200 * kMillisecond);
  }
  EXPECT_EQ(world.clients().counts().in_doubt, 0u) << "everything committed before the role moved";
  EXPECT_FALSE(world.checker().failed()) << world.checker().violation().detail;
}

}  // namespace
}  // namespace multiaz::replication::sim
