// The simulated control plane: golden traces of its stories, good seeds, and deliberate mistakes
// that its checks find.
#include <gtest/gtest.h>

#include "base/core/log.h"
#include "orchestrator/sim/simulate.h"
#include "orchestrator/sim/stories.h"
#include "orchestrator/sim/strikes.h"
#include "tests/lib/golden.h"

namespace multiaz::orchestrator::sim {
namespace {

class ControlStory : public testing::TestWithParam<Story> {};

TEST_P(ControlStory, GoesAsWritten) {
  const Story& story = GetParam();
  const std::string path = "tests/golden/control/" + std::string(story.name) + ".txt";
  const std::string text =
      std::string(story.name) + " " + std::string(story.title) + "\n" + tell(story);
  const auto golden = test::golden(path, text);
  ASSERT_TRUE(golden) << path << " is missing";
  EXPECT_EQ(text, *golden) << "differs from " << path;
}

std::string test_name(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '-' ? '_' : c;
  return out;
}

INSTANTIATE_TEST_SUITE_P(All, ControlStory, testing::ValuesIn(stories()),
                         [](const auto& info) { return test_name(info.param.name); });

TEST(ControlSimulator, TheFirstSeedsAreGood) {
  log::set_level("error");
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const RunResult result = simulate(seed, Mistake::kNone);
    EXPECT_EQ(result.violation.check + result.violation.detail, "") << "seed " << seed;
  }
}

TEST(ControlSimulator, ASeedGivesOneTrace) {
  log::set_level("error");
  EXPECT_EQ(simulate(3, Mistake::kNone, true).trace, simulate(3, Mistake::kNone, true).trace);
}

// The first seed that finds each mistake; `control_simulator --bugs --seeds 1000` searches them
// again.
struct Caught {
  Mistake mistake;
  uint64_t seed;
  const char* check;
};
const Caught kCaught[] = {
    {Mistake::kStartBeforeAdopt, 1, "started-twice"},
    {Mistake::kLaunchFromOldCopy, 123, "launch-number-reused"},
    {Mistake::kBacklogWindsClock, 3, "false-silence"},
    {Mistake::kTrustsItself, 11, "killed-while-most-are-silent"},
    {Mistake::kStoppedForEver, 1, "not-recovered"},
    {Mistake::kRestoreBeforeAdopt, 61, "restore-beneath-living"},
    {Mistake::kRestoreGivesUp, 20, "half-restored"},
    {Mistake::kRestoringIsHealthy, 13, "healthy-while-restoring"},
    {Mistake::kMuteIsSilent, 1, "false-silence"},
    {Mistake::kShiftedZoneLaunch, 10, "launched-into-closed-zone"},
    {Mistake::kForgetsLaunches, 8, "launch-number-reused"},
    {Mistake::kForgetsRemovals, 1, "not-recovered"},
    {Mistake::kKillsAtReunion, 11, "killed-while-most-are-silent"},
    {Mistake::kTellsUnstored, 13, "told-before-stored"},
};

class ControlMistake : public testing::TestWithParam<Caught> {};

TEST_P(ControlMistake, IsCaught) {
  log::set_level("error");
  const Caught& caught = GetParam();
  EXPECT_EQ(simulate(caught.seed, caught.mistake).violation.check, caught.check);
  EXPECT_EQ(simulate(caught.seed, Mistake::kNone).violation.check, "");
}

INSTANTIATE_TEST_SUITE_P(All, ControlMistake, testing::ValuesIn(kCaught),
                         [](const auto& info) { return test_name(to_string(info.param.mistake)); });

TEST(ControlMistakes, NoneIsLeftOut) {
  EXPECT_EQ(std::size(kCaught), all_mistakes().size());
}

}  // namespace
}  // namespace multiaz::orchestrator::sim
