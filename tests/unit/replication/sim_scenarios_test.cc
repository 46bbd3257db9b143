// The named scenarios T01 ... as golden traces.
#include <gtest/gtest.h>

#include "replication/sim/scenarios.h"
#include "tests/lib/golden.h"

namespace multiaz::replication::sim {
namespace {

class NamedScenario : public testing::TestWithParam<Scenario> {};

TEST_P(NamedScenario, GoesAsWritten) {
  const Scenario& scenario = GetParam();
  const ScenarioResult result = play(scenario);
  EXPECT_EQ(result.violation.check + result.violation.detail, "") << result.trace;
  const std::string path = "tests/golden/replication/" + std::string(scenario.name) + ".txt";
  const std::string text =
      std::string(scenario.name) + " " + std::string(scenario.title) + "\n" + result.trace;
  const auto golden = test::golden(path, text);
  ASSERT_TRUE(golden) << path << " is missing";
  EXPECT_EQ(text, *golden) << "differs from " << path;
}

INSTANTIATE_TEST_SUITE_P(All, NamedScenario, testing::ValuesIn(scenarios()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace multiaz::replication::sim
