// AWS FIS templates: what is read, what is refused with its place, and the times that actions get.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "base/faults/checks.h"
#include "chaos/fis/actions.h"
#include "chaos/fis/template.h"
#include "chaos/plan/scenario_file.h"

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

// A template with one target and one action; parts of it are replaced to make it wrong.
constexpr const char* kPlain =
    R"({"description":"d","roleArn":"r","stopConditions":[{"source":"none"}],
"targets":{"w":{"resourceType":"aws:ec2:instance","resourceTags":{"tier":"web"},"selectionMode":"ALL"}},
"actions":{"x":{"actionId":"aws:ec2:terminate-instances","parameters":{},"targets":{"Instances":"w"}}},
"experimentOptions":{"emptyTargetResolutionMode":"fail"}})";

std::string with(const std::string& old, const std::string& fresh) {
  std::string text = kPlain;
  const size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), fresh);
}

TEST(Fis, DurationsAreThoseOfIso8601) {
  EXPECT_EQ(*duration_ms("PT2M"), 120'000u);
  EXPECT_EQ(*duration_ms("PT1H30M"), 5'400'000u);
  EXPECT_EQ(*duration_ms("P1DT1S"), 86'401'000u);
  for (const char* wrong : {"", "2M", "PT", "P", "PT2", "PTM", "PT2X", "P2M", "PT0S", "PT1S1M",
                            "PT1M1M", "PT1.5S", "PT-1M", "180", "PT99999999999999999999S"}) {
    EXPECT_FALSE(duration_ms(wrong).ok()) << wrong;
  }
}

TEST(Fis, ZonesAreNamesAndIds) {
  for (const auto& [text, letter] : std::map<std::string, char>{
           {"az-b", 'b'}, {"us-east-1a", 'a'}, {"local-1c", 'c'}, {"use1-az2", 'b'}}) {
    EXPECT_EQ(zone_letter(text), letter) << text;
  }
  for (const char* wrong : {"", "b", "<YOUR AVAILABILITY ZONE>", "us-east-1", "zone", "AZ-B"}) {
    EXPECT_EQ(zone_letter(wrong), 0) << wrong;
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

TEST(Fis, SelectionIsDrawnOnceWithTheSeedAndPercentIsRoundedDown) {
  FisTarget target;
  target.type = "aws:ec2:instance";
  target.tags = {{"tier", "web"}};
  target.selection = "COUNT";
  target.count = 2;
  const auto first = resolve_fis(target, cluster(), 5);
  EXPECT_EQ(first->size(), 2u);
  EXPECT_EQ(*first, *resolve_fis(target, cluster(), 5));
  target.selection = "PERCENT";
  for (const auto& [percent, selected] :
       std::map<uint64_t, size_t>{{34, 1}, {66, 1}, {67, 2}, {99, 2}, {100, 3}}) {
    target.count = percent;
    EXPECT_EQ(resolve_fis(target, cluster(), 5)->size(), selected) << percent;
  }
  target.count = 33;
  const auto none = resolve_fis(target, cluster(), 5);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().detail, "PERCENT(33) of 3 selects none: it is rounded down, as on AWS");
  target.tags = {{"tier", "cache"}};
  EXPECT_FALSE(resolve_fis(target, cluster(), 5).ok());
}

TEST(Fis, ATargetThatNobodyFitsFailsOrIsSkippedAndSaidSo) {
  const std::string fails = with("\"tier\":\"web\"", "\"tier\":\"wab\"");
  const auto fis = read_fis(fails);
  ASSERT_TRUE(fis.ok()) << fis.error().detail;
  const auto failed = lay_out(*fis, cluster(), 1, 1);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().detail.find("targets.w: no aws:ec2:instance fits tier=wab"),
            std::string::npos)
      << failed.error().detail;
  std::string skips = fails;
  skips.replace(skips.find("\"fail\""), 6, "\"skip\"");
  const auto lenient = read_fis(skips);
  ASSERT_TRUE(lenient.ok()) << lenient.error().detail;
  const auto skipped = lay_out(*lenient, cluster(), 1, 1);
  ASSERT_TRUE(skipped.ok()) << skipped.error().detail;
  EXPECT_TRUE(skipped->faults.empty());
  ASSERT_EQ(skipped_of(*skipped).size(), 1u);
  EXPECT_EQ(skipped_of(*skipped)[0], "x: targets.w: no aws:ec2:instance fits tier=wab");
  const auto again = read_scenario("again", to_toml(*skipped));
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_EQ(skipped_of(*again), skipped_of(*skipped)) << "a run's folder keeps it";
}

TEST(Fis, WhatIsWrongIsNamedWithItsPlaceAndWhatIsAllowed) {
  const std::pair<std::string, std::string> kWrong[] = {
      {with("\"actions\"", "\"actionz\""),
       "actionz: there is no such key here; did you mean "
       "\"actions\"?"},
      {with("\"selectionMode\":\"ALL\"", "\"selectionMod\":\"ALL\""),
       "targets.w.selectionMod: there is no such key here; did you mean \"selectionMode\"?"},
      {with("\"parameters\":{}", "\"startAfterDelay\":\"PT1M\""), "actions.x.startAfterDelay"},
      {with("\"emptyTargetResolutionMode\":\"fail\"", "\"foo\":1"), "experimentOptions.foo"},
      {with("\"fail\"", "\"maybe\""), "experimentOptions.emptyTargetResolutionMode: fail or skip"},
      {with("\"tier\":\"web\"", "\"tear\":\"web\""), "targets.w.resourceTags.tear"},
      {with("\"tier\":\"web\"", "\"tier\":5"), "targets.w.resourceTags.tier: AWS takes texts"},
      {with("\"tier\":\"web\"", "\"zone\":\"<YOUR AVAILABILITY ZONE>\""),
       "targets.w.resourceTags.zone: fill in the placeholder"},
      {with("\"ALL\"", "\"SOME\""), "targets.w.selectionMode: ALL, COUNT(n) or PERCENT(n)"},
      {with("\"ALL\"", "\"PERCENT(101)\""), "targets.w.selectionMode"},
      {with("\"ALL\"", "\"COUNT(2x)\""), "targets.w.selectionMode"},
      {with("\"ALL\"", "\"COUNT(0)\""), "targets.w.selectionMode"},
      {with("aws:ec2:instance", "aws:rds:db"),
       "targets.w.resourceType: aws:ec2:terminate-instances"
       " needs aws:ec2:instance"},
      {with("\"Instances\":\"w\"", "\"Instances\":\"v\""), "there is no target \"v\""},
      {with("\"Instances\":\"w\"", "\"Instancez\":\"w\""), "exactly {\"Instances\": NAME}"},
      {with("aws:ec2:terminate-instances", "aws:eks:melt"), "actions.x.actionId: not known here"},
      {with("\"parameters\":{}", "\"parameters\":{\"when\":\"now\"}"), "has no parameters"},
      {with("\"parameters\":{}", "\"startAfter\":[\"z\"]"), "there is no action \"z\""},
      {with("\"parameters\":{}", "\"startAfter\":[\"x\"]"), "that is the action itself"},
      {with("\"parameters\":{}", "\"startAfter\":\"x\""), "actions.x.startAfter: a list"},
      {with("[{\"source\":\"none\"}]", "[]"), "stopConditions: needed"},
      {with("[{\"source\":\"none\"}]", "5"), "stopConditions: needed"},
      {with("[{\"source\":\"none\"}]", "[\"none\"]"), "stopConditions: an object"},
      {with("\"d\"", "7"), "description: a text"},
      {with("\"targets\":{\"w\":", "\"targets\":{\"q\":[],\"w\":"), "targets.q: an object"}};
  for (const auto& [text, part] : kWrong) {
    const auto fis = read_fis(text);
    ASSERT_FALSE(fis.ok()) << text;
    EXPECT_NE(fis.error().detail.find(part), std::string::npos) << part << "\n--- got\n"
                                                                << fis.error().detail;
  }
  EXPECT_FALSE(read_fis("[]").ok());
  EXPECT_FALSE(read_fis(std::string(2000, '[')).ok());
}

TEST(Fis, DocumentsAndTheirParametersAreChecked) {
  const auto of = [](const std::string& arn, const std::string& parameters) {
    std::string text = with("aws:ec2:terminate-instances", "aws:ssm:send-command");
    const std::string old = "\"parameters\":{}";
    return text.replace(text.find(old), old.size(),
                        R"("parameters":{"documentArn":")" + arn + R"(","documentParameters":")" +
                            parameters + "\"}");
  };
  const std::string cpu = "arn:aws:ssm:eu-west-1::document/AWSFIS-Run-CPU-Stress";
  const auto good = read_fis(of(cpu, R"({\"DurationSeconds\":\"120\",\"LoadPercent\":\"80\"})"));
  ASSERT_TRUE(good.ok()) << good.error().detail;
  const auto laid = lay_out(*good, cluster(), 0.5, 1);
  ASSERT_TRUE(laid.ok());
  ASSERT_EQ(laid->faults.size(), 3u);
  EXPECT_EQ(laid->faults[0].kind, "cpu_hog");
  EXPECT_EQ(laid->faults[0].for_ms, 60'000u);
  EXPECT_EQ(laid->faults[0].figures.at("percent"), 80u);
  const std::pair<std::string, std::string> kWrong[] = {
      {of("arn:aws:ssm:::document/StopIISAppPool", "{}"), "\"StopIISAppPool\" is not known here"},
      {of("arn:aws:ssm:::document/AWSFIS-Run-CPU-Stres", "{}"), "did you mean"},
      {of(cpu, "[]"), "documentParameters: a JSON object"},
      {of(cpu, R"({\"LoadPercent\":\"lots\"})"), "documentParameters.LoadPercent: a number"},
      {of(cpu, R"({\"LoadPercent\":[]})"), "documentParameters.LoadPercent: a text"},
      {of(cpu, R"({\"LoadPercnt\":\"5\"})"), "did you mean \"LoadPercent\"?"}};
  for (const auto& [text, part] : kWrong) {
    const auto fis = read_fis(text);
    ASSERT_FALSE(fis.ok()) << text;
    EXPECT_NE(fis.error().detail.find(part), std::string::npos) << fis.error().detail;
  }
}

// In both directions: an action makes faults of the table with parameters that these have, and the
// kinds that no action makes are those without a counterpart in FIS.
TEST(Fis, MakesEveryKindOfFaultThatItHasAWordFor) {
  const std::set<std::string_view> no_word = {
      "stop",          "stop_duty",         "zone_down",
      "zone_slow",     "isolate",           "cut",
      "cut_one_way",   "bandwidth",         "disk_error",
      "disk_full",     "torn_write",        "power_loss",
      "bit_flip",      "clock_jump",        "clock_drift",
      "fd_exhaustion", "slow_requests",     "failing_requests",
      "health_lie",    "dns_outage",        "dns_lie",
      "crash_at",      "stop_at",           "cache_flush",
      "sg_mistake",    "orchestrator_kill", "orchestrator_stop",
      "nothing"};
  std::vector<std::map<std::string, std::string>> variants = {
      {{"availabilityZoneIdentifier", "local-1b"}},
      {{"startInstancesAfterDuration", "PT1M"},
       {"forceFailover", "true"},
       {"signal", "SIGKILL"},
       {"availabilityZoneIdentifier", "local-1b"}}};
  for (const char* name : {"CPU-Stress", "Memory-Stress", "Kill-Process", "Network-Latency",
                           "Network-Packet-Loss", "Network-Blackhole-Port"}) {
    variants.push_back({{"documentArn", std::string("arn:aws:ssm:::document/AWSFIS-Run-") + name}});
  }
  std::set<std::string_view> made;
  std::istringstream names(fis_action_names());
  for (std::string id; std::getline(names >> std::ws, id, ',');) {
    for (const auto& parameters : variants) {
      if (parameters.contains("documentArn") != (id == "aws:ssm:send-command")) continue;
      FisAction action;
      action.parameters = parameters;
      for (const FaultSpec& spec : find_fis_action(id)->carry_out(action, {"web-a1"}, 1).faults) {
        const FaultKind* kind = find_fault(spec.kind);
        ASSERT_NE(kind, nullptr) << id << " " << spec.kind;
        made.insert(kind->name);
        EXPECT_EQ(spec.for_ms == 0, kind->lasts == FaultNeed::kNo) << id << " " << spec.kind;
        for (const auto& [key, value] : spec.figures) {
          const FaultParameter* parameter = find_parameter(*kind, key);
          ASSERT_NE(parameter, nullptr) << id << " " << key;
          EXPECT_TRUE(checked(*kind, *parameter, value).ok()) << id << " " << key;
        }
      }
    }
  }
  for (const FaultKind& kind : kFaultKinds) {
    EXPECT_NE(made.contains(kind.name), no_word.contains(kind.name)) << kind.name;
  }
}

TEST(Fis, ActionsThatWaitForEachOtherAreNamed) {
  const auto fis = read_fis(
      R"({"description":"d","roleArn":"r","stopConditions":[{"source":"none"}],"actions":{
      "a":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["b"]},
      "b":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"},"startAfter":["a"]}}})");
  ASSERT_TRUE(fis.ok()) << fis.error().detail;
  const auto laid = lay_out(*fis, usual_resources(), 1, 1);
  ASSERT_FALSE(laid.ok());
  EXPECT_EQ(laid.error().detail, "actions: startAfter goes round in a circle: a, b");
}

}  // namespace
}  // namespace multiaz::chaos
