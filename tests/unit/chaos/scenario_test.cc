// Scenario files: what is right reads back the same, what is wrong is named with its line.
#include <gtest/gtest.h>

#include <set>

#include "chaos/faults/fault.h"
#include "chaos/plan/fault_words.h"
#include "chaos/plan/monkey.h"
#include "chaos/plan/scenario_file.h"

namespace multiaz::chaos {
namespace {

std::string trouble(const std::string& text) {
  const auto scenario = read_scenario("s.toml", text);
  return scenario ? "" : scenario.error().detail;
}

TEST(Scenarios, AllThatComeAlongAreValidAndTellWhatTheyAreAbout) {
  const auto names = scenario_names();
  EXPECT_GE(names.size(), 47u);
  for (const std::string& name : names) {
    const auto scenario = load_scenario(name);
    ASSERT_TRUE(scenario.ok()) << scenario.error().detail;
    EXPECT_FALSE(scenario->about.empty()) << name;
    EXPECT_FALSE(scenario->faults.empty()) << name;
    EXPECT_EQ(scenario->name, name);
  }
}

TEST(Scenarios, ReadBackFromTheirOwnText) {
  for (const std::string& name : scenario_names()) {
    const auto first = load_scenario(name);
    const std::string text = to_toml(*first);
    const auto again = read_scenario("again.toml", text);
    ASSERT_TRUE(again.ok()) << again.error().detail << "\n" << text;
    EXPECT_EQ(to_toml(*again), text) << name;
  }
}

TEST(Scenarios, NameWhatIsWrongAndWhatIsAllowed) {
  const std::string head = "title = \"t\"\n";
  EXPECT_EQ(trouble(""), "s.toml:1: \"title\" is missing");
  EXPECT_NE(trouble("title = \"t").find("s.toml:1"), std::string::npos);
  EXPECT_EQ(
      trouble(head + "sede = 3"),
      "s.toml:2: unknown key \"sede\": a scenario has title, about, seed, stop_when, [topology.*], "
      "[workload], [[fault]] and [claims]");
  EXPECT_EQ(trouble(head + "[workload]\nshoppers = 9000"),
            "s.toml:3: \"shoppers\" is a number from 0 to 2000");
  EXPECT_EQ(trouble(head + "[[fault]]\nkind = \"stop\"\ntarget = \"web\""),
            "s.toml:2: stop needs \"for_ms\": it heals by itself then");
  EXPECT_EQ(trouble(head + "[[fault]]\nkind = \"cut\"\ntarget = \"az-a\"\nfor_ms = 5"),
            "s.toml:2: cut needs \"to\", the other end");
  EXPECT_EQ(trouble(head + "[[fault]]\nkind = \"kill\"\ntarget = \"web\"\npercent = 3"),
            "s.toml:5: unknown key \"percent\": kill takes kind, name, at_ms, when, target");
  EXPECT_EQ(trouble(head + "[[fault]]\nkind = \"kill\"\ntarget = \"fault:x\""),
            "s.toml:1: \"fault:x\": no fault before it is named x");
  EXPECT_EQ(trouble(head + "[claims]\noutage_ms_max = { carts = 3 }"),
            "s.toml:3: unknown path \"carts\": browse, cart, order or named");
  EXPECT_NE(trouble(head + "[[fault]]\nkind = \"melt\"").find("\"kind\" is one of kill, stop, "),
            std::string::npos);
  EXPECT_NE(
      trouble(head + "[[fault]]\nkind = \"delay\"\ntarget = \"web\"\nto = \"db\"\nfor_ms = 9\n"
                     "when = { point = \"promote\" }")
          .find("only kill and stop can wait for a point"),
      std::string::npos);
}

TEST(Scenarios, TakeABugIntoTheirTopology) {
  auto scenario = read_scenario("s", "title = \"t\"\n[topology.web]\ncount = 3\n");
  set_topology(*scenario, "web", "bug", "naive-cache-aside");
  set_topology(*scenario, "cluster", "bug", "no-fencing");
  EXPECT_NE(scenario->topology.find("count = 3"), std::string::npos);
  EXPECT_NE(scenario->topology.find("bug = 'naive-cache-aside'"), std::string::npos);
  EXPECT_NE(scenario->topology.find("bug = 'no-fencing'"), std::string::npos);
}

TEST(Faults, HaveWordsAndWorkForEachKind) {
  std::set<std::string_view> words, types;
  for (const FaultWord& one : fault_words()) words.insert(one.kind);
  for (const FaultType& one : fault_types()) types.insert(one.kind);
  EXPECT_EQ(words, types);
}

// What is in force at the same time: faults of one hand follow each other.
TEST(Monkey, DrawsTheSamePlanFromTheSameSeedAndKeepsItsBudget) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    MonkeyPlan plan;
    plan.seed = seed;
    const Scenario round = monkey_round(plan, seed % 7);
    EXPECT_EQ(to_toml(round), to_toml(monkey_round(plan, seed % 7)));
    EXPECT_NE(to_toml(round), to_toml(monkey_round(plan, seed % 7 + 1)));
    for (const FaultSpec& at : round.faults) {
      size_t in_force = 0;
      for (const FaultSpec& one : round.faults) {
        in_force += one.when.at_ms <= at.when.at_ms && at.when.at_ms <= one.when.at_ms + one.for_ms;
      }
      EXPECT_LE(in_force, plan.at_once) << "seed " << seed << "\n" << to_toml(round);
    }
    EXPECT_TRUE(read_scenario("monkey", to_toml(round)).ok());
  }
}

}  // namespace
}  // namespace multiaz::chaos
