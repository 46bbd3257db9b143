// Other people's experiment files: AWS FIS templates and Chaos Toolkit experiments.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "chaos/fis/template.h"
#include "chaos/toolkit/experiment.h"

namespace multiaz::chaos {
namespace {

std::string file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<FisResource> cluster() {
  return {{"web-a1", "web", "az-a", ""},
          {"web-b1", "web", "az-b", ""},
          {"web-b2", "web", "az-b", ""},
          {"cache-a1", "cache", "az-a", "primary"},
          {"cache-b1", "cache", "az-b", "replica"},
          {"db-a1", "db", "az-a", "primary"},
          {"az-a", "zone", "az-a", ""},
          {"az-b", "zone", "az-b", ""}};
}

TEST(Fis, DurationsAreThoseOfIso8601) {
  EXPECT_EQ(*duration_ms("PT2M"), 120'000u);
  EXPECT_EQ(*duration_ms("PT1H30M"), 5'400'000u);
  EXPECT_EQ(*duration_ms("P1DT1S"), 86'401'000u);
  for (const char* wrong : {"", "2M", "PT", "P", "PT2", "PTM", "PT2X", "P2M", "PT0S"}) {
    EXPECT_FALSE(duration_ms(wrong).ok()) << wrong;
  }
}

TEST(Fis, TheExampleIsLaidOutInTime) {
  const auto fis = read_fis(file("examples/fis/zone-b-power.json"));
  ASSERT_TRUE(fis.ok()) << fis.error().detail;
  const auto scenario = lay_out(*fis, cluster(), 0.05, 1);
  ASSERT_TRUE(scenario.ok()) << scenario.error().detail;
  ASSERT_EQ(scenario->faults.size(), 4u);
  std::map<std::string, FaultSpec> by_target;
  for (const FaultSpec& one : scenario->faults) by_target[one.target] = one;
  EXPECT_EQ(by_target["web-b1"].kind, "restart_storm");
  EXPECT_EQ(by_target["web-b1"].for_ms, 6'000u);
  EXPECT_EQ(by_target["cache-b1"].when.at_ms, 0u);
  EXPECT_EQ(by_target["db:primary"].kind, "failover");
  EXPECT_EQ(by_target["db:primary"].when.at_ms, 3'100u) << "after the wait";
}

TEST(Fis, SelectionIsDrawnOnceWithTheSeed) {
  FisTarget target;
  target.type = "aws:ec2:instance";
  target.tags = {{"tier", "web"}};
  target.selection = "COUNT";
  target.count = 2;
  const auto first = resolve_fis(target, cluster(), 5);
  EXPECT_EQ(first->size(), 2u);
  EXPECT_EQ(*first, *resolve_fis(target, cluster(), 5));
  target.selection = "PERCENT";
  target.count = 10;
  EXPECT_EQ(resolve_fis(target, cluster(), 5)->size(), 1u) << "never none";
  target.tags = {{"tier", "cache"}};
  EXPECT_FALSE(resolve_fis(target, cluster(), 5).ok()) << "no target: the experiment fails";
}

TEST(Fis, WhatIsNotKnownIsAnErrorWithItsPlace) {
  const auto fis =
      read_fis(R"({"description":"d","roleArn":"r","stopConditions":[{"source":"none"}],
    "targets":{"w":{"resourceType":"aws:ec2:instance","resourceTags":{"a":"b"},"selectionMode":"SOME"}},
    "actions":{"x":{"actionId":"aws:eks:terminate-nodegroup-instances"},
               "y":{"actionId":"aws:ec2:terminate-instances","targets":{"Instances":"nobody"},
                    "parameters":{"when":"now"},"startAfter":["z"]}}})");
  ASSERT_FALSE(fis.ok());
  for (const char* part :
       {"targets.w.selectionMode: ALL, COUNT(n) or PERCENT(n)",
        "actions.x.actionId: not known here", "actions.y.targets: there is no target \"nobody\"",
        "actions.y.parameters.when", "actions.y.startAfter: there is no action \"z\""}) {
    EXPECT_NE(fis.error().detail.find(part), std::string::npos) << part;
  }
  EXPECT_FALSE(read_fis("[]").ok());
}

TEST(Toolkit, ConfigurationIsSubstitutedAndPythonIsRefused) {
  const Environment environment = [](const std::string& key) -> std::optional<std::string> {
    if (key == "ZONE") return "az-c";
    return std::nullopt;
  };
  const auto good = read_experiment(file("examples/toolkit/carts-survive.json"), environment);
  ASSERT_TRUE(good.ok()) << good.error().detail;
  EXPECT_EQ(good->hypothesis[0].url, "http://127.0.0.1:8080/");
  EXPECT_EQ(good->method[0].arguments[3], "az-c");
  const auto bad = read_experiment(
      R"({"title":"t","method":[{"type":"action","name":"n","provider":{"type":"python"}}]})",
      environment);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().detail,
            "method[0].provider.type: python providers are not carried out here: use process or "
            "http");
}

TEST(Toolkit, TolerancesKeepTheOriginalsQuirks) {
  const std::string ok = R"({"status":204,"body":{"items":[{"n":1},{"n":2}]}})";
  const std::string process = R"({"status":0,"stdout":"0.995","stderr":""})";
  const auto met = [](const std::string& tolerance, const std::string& output) {
    const auto got = tolerated(tolerance, output);
    EXPECT_TRUE(got.ok()) << tolerance;
    return got && *got;
  };
  EXPECT_TRUE(met("204", ok));
  EXPECT_FALSE(met("[200,299]", ok)) << "membership for a result";
  EXPECT_TRUE(met("[200,204]", ok));
  EXPECT_TRUE(met("[1,10]", "5")) << "a range for a plain value";
  EXPECT_TRUE(met("0", process));
  EXPECT_TRUE(met(R"({"type":"range","target":"stdout","range":[0.99,1.0]})", process));
  EXPECT_FALSE(met(R"({"type":"range","range":[0.99,1.0]})", process));
  EXPECT_TRUE(met(R"({"type":"regex","pattern":"^0\\.","target":"stdout"})", process));
  EXPECT_TRUE(
      met(R"({"type":"jsonpath","path":"$.items[*].n","expect":[1,2],"target":"body"})", ok));
  EXPECT_TRUE(met(R"({"type":"jsonpath","path":"$.items[1].n","expect":2,"target":"body"})", ok));
  EXPECT_TRUE(met(R"({"type":"jsonpath","path":"$.items[*]","count":2,"target":"body"})", ok));
  EXPECT_FALSE(tolerated("0.5", "0.5").ok()) << "a number with a fraction is not valid";
  EXPECT_FALSE(tolerated(R"({"type":"probe"})", "1").ok());
}

}  // namespace
}  // namespace multiaz::chaos
