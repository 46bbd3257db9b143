// Claims, the worst of them, and the output that a CI reads.
#include "chaos/checkers/verdict.h"

#include <gtest/gtest.h>

namespace multiaz::chaos {
namespace {

Verdict sample() {
  Verdict out;
  out.name = "demo";
  out.replay = "multiaz demo --seed 7";
  out.elapsed_s = 20.5;
  out.properties = {{"seed", "7"}};
  out.claims = {{"no order is lost", Ruling::kHolds, "0 of 190"},
                {"no \"write\" <is> lost", Ruling::kViolated, "1 of 3\nLw1 & more"},
                {"kill web bites", Ruling::kNotApplied, "it is there"}};
  return out;
}

TEST(Verdict, TheWorstClaimDecides) {
  Verdict verdict;
  EXPECT_EQ(verdict.worst(), Ruling::kInconclusive) << "nothing was claimed";
  verdict.claims = {{"a", Ruling::kHolds, ""}};
  EXPECT_EQ(exit_code(verdict.worst()), 0);
  verdict.claims.push_back({"b", Ruling::kInconclusive, ""});
  EXPECT_EQ(exit_code(verdict.worst()), 2);
  verdict.claims.push_back({"c", Ruling::kNotApplied, ""});
  EXPECT_EQ(exit_code(verdict.worst()), 4);
  verdict.claims.push_back({"d", Ruling::kUnhealthy, ""});
  EXPECT_EQ(exit_code(verdict.worst()), 3);
  verdict.claims.push_back({"e", Ruling::kViolated, ""});
  EXPECT_EQ(exit_code(verdict.worst()), 1);
}

TEST(Verdict, JUnitHasATestcaseAClaim) {
  EXPECT_EQ(junit_xml(sample()), R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="1" time="20.500">
  <testsuite name="demo" tests="3" failures="1" errors="1" time="20.500">
    <properties>
      <property name="seed" value="7"/>
    </properties>
    <testcase classname="demo" name="no order is lost"/>
    <testcase classname="demo" name="no &quot;write&quot; &lt;is&gt; lost">
      <failure message="violated: 1 of 3&#10;Lw1 &amp; more">1 of 3&#10;Lw1 &amp; more&#10;again: multiaz demo --seed 7</failure>
    </testcase>
    <testcase classname="demo" name="kill web bites">
      <error message="not applied: it is there">it is there&#10;again: multiaz demo --seed 7</error>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST(Verdict, ASummaryIsShortAndTheWorstIsFirst) {
  Verdict verdict = sample();
  std::string text = summary_markdown(verdict);
  EXPECT_LT(text.find("violated | 1 of 3 Lw1"), text.find("not applied"));
  EXPECT_LT(text.find("not applied"), text.find("| holds |"));
  EXPECT_NE(text.find("Again: `multiaz demo --seed 7`"), std::string::npos);
  for (int i = 0; i < 2000; ++i)
    verdict.claims.push_back({"x", Ruling::kHolds, std::string(200, 'y')});
  text = summary_markdown(verdict);
  EXPECT_LE(text.size(), kSummaryBytesMax);
  EXPECT_NE(text.find("the rest is in the report"), std::string::npos);
}

}  // namespace
}  // namespace multiaz::chaos
