// The named scenarios T01 ... as golden traces. MULTIAZ_REWRITE_GOLDEN=1 writes them anew: read
// the difference before committing it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "replication/sim/scenarios.h"

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
  if (std::getenv("MULTIAZ_REWRITE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << " is missing";
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(text, golden.str()) << "differs from " << path;
}

INSTANTIATE_TEST_SUITE_P(All, NamedScenario, testing::ValuesIn(scenarios()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace multiaz::replication::sim
