// A failing plan becomes as small as it can be; here a function stands for the cluster that runs
// it.
#include "chaos/plan/shrink.h"

#include <gtest/gtest.h>

#include <functional>

namespace multiaz::chaos {
namespace {

Scenario plan(const std::vector<std::pair<std::string, uint64_t>>& faults) {
  Scenario out;
  for (const auto& [kind, for_ms] : faults) {
    FaultSpec fault;
    fault.kind = kind;
    fault.name = std::to_string(out.faults.size() + 1);
    fault.for_ms = for_ms;
    out.faults.push_back(std::move(fault));
  }
  return out;
}

std::string text(const Scenario& scenario) {
  std::string out;
  for (const FaultSpec& fault : scenario.faults) {
    out += (out.empty() ? "" : " ") + fault.kind + ":" + std::to_string(fault.for_ms);
  }
  return out;
}

struct Shrunk {
  std::string smallest;
  int runs = 0;
};

Shrunk shrink(const Scenario& failing, const std::function<bool(const Scenario&)>& fails) {
  Shrinker shrinker(failing);
  Shrunk out;
  while (const auto candidate = shrinker.next()) {
    ++out.runs;
    shrinker.told(fails(*candidate));
  }
  out.smallest = text(shrinker.smallest());
  return out;
}

bool has(const Scenario& scenario, const std::string& kind, uint64_t at_least_ms = 0) {
  for (const FaultSpec& fault : scenario.faults) {
    if (fault.kind == kind && fault.for_ms >= at_least_ms) return true;
  }
  return false;
}

TEST(Shrink, KeepsWhatTheFailureNeedsAndNoLonger) {
  const Scenario plan8 = plan({{"a", 0},
                               {"cut", 4000},
                               {"b", 100},
                               {"c", 0},
                               {"d", 900},
                               {"e", 0},
                               {"kill", 0},
                               {"f", 50}});
  const Shrunk two =
      shrink(plan8, [](const Scenario& one) { return has(one, "cut", 1000) && has(one, "kill"); });
  EXPECT_EQ(two.smallest, "cut:1000 kill:0");
  EXPECT_LT(two.runs, 30);
  const Shrunk one = shrink(plan8, [](const Scenario& one) { return has(one, "kill"); });
  EXPECT_EQ(one.smallest, "kill:0");
  EXPECT_LT(one.runs, 10);
}

TEST(Shrink, NeverAnEmptyPlanAndNeverOneThatHolds) {
  EXPECT_EQ(shrink(plan({{"kill", 0}}), [](const Scenario&) { return true; }).smallest, "kill:0");
  const Scenario three = plan({{"a", 500}, {"b", 0}, {"c", 0}});
  EXPECT_EQ(shrink(three, [](const Scenario&) { return false; }).smallest, "a:500 b:0 c:0");
  EXPECT_EQ(shrink(three, [](const Scenario&) { return true; }).smallest, "c:0");
}

TEST(Shrink, WhoRefersToAFaultThatIsGoneGoesWithIt) {
  Scenario chain = plan({{"kill", 0}, {"stop", 400}, {"cut", 300}});
  chain.faults[1].target = "fault:1";
  const Shrunk out = shrink(chain, [](const Scenario& one) {
    EXPECT_FALSE(has(one, "stop") && !has(one, "kill"));
    return has(one, "cut");
  });
  EXPECT_EQ(out.smallest, "cut:300");
}

}  // namespace
}  // namespace multiaz::chaos
