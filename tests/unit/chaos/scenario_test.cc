// Scenario files: a correct one reads back the same, and a problem is named with its line.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/faults/checks.h"
#include "chaos/faults/fault.h"
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

// Control bytes, quotes, and characters of two UTF-16 units: TOML has its own rules for them.
TEST(Scenarios, ATextOfAnyCharactersComesBack) {
  auto scenario = load_scenario("cache-primary-killed");
  ASSERT_TRUE(scenario.ok());
  const std::string about = "x\x7f\xf0\x9f\x98\x80\"\\\n\x01\xc3\xa4";
  scenario->about = about;
  const std::string text = to_toml(*scenario);
  const auto again = read_scenario("again.toml", text);
  ASSERT_TRUE(again.ok()) << again.error().detail << "\n" << text;
  EXPECT_EQ(again->about, about);
}

TEST(Scenarios, NameWhatIsWrongAndWhatIsAllowed) {
  const std::string head = "title = \"t\"\n";
  EXPECT_EQ(trouble(""), "s.toml:1: \"title\" is missing");
  EXPECT_NE(trouble("title = \"t").find("s.toml:1"), std::string::npos);
  EXPECT_EQ(
      trouble(head + "sede = 3"),
      "s.toml:2: unknown key \"sede\": a scenario has title, about, seed, stop_when, prepare, "
      "[topology.*], [workload], [[fault]] and [claims]");
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

TEST(Scenarios, EndAFaultWithAnEventAndPrepareWhereThePrimariesAre) {
  const std::string text =
      "title = \"t\"\nprepare = { failover = \"cache\", into_zone_of = \"db:primary\" }\n"
      "[[fault]]\nkind = \"stop\"\ntarget = \"cache:primary\"\nfor_ms = 10000\n"
      "until = { event = \"serving\", on = \"cache\", at_ms = 1500 }\n";
  const auto scenario = read_scenario("s", text);
  ASSERT_TRUE(scenario.ok()) << scenario.error().detail;
  const auto again = read_scenario("s", to_toml(*scenario));
  ASSERT_TRUE(again.ok()) << again.error().detail;
  for (const Scenario& one : {*scenario, *again}) {
    EXPECT_EQ(one.prepare.failover + " " + one.prepare.into_zone_of, "cache db:primary");
    EXPECT_EQ(one.faults.front().until.event, "serving");
    EXPECT_EQ(one.faults.front().until.on, "cache");
    EXPECT_EQ(one.faults.front().until.at_ms, 1500u);
  }
  EXPECT_EQ(trouble("title = \"t\"\nprepare = { failover = \"web\" }"),
            "s.toml:2: \"prepare\" names a failover of cache or db, and into_zone_of");
  EXPECT_EQ(trouble("title = \"t\"\n[[fault]]\nkind = \"kill\"\ntarget = \"web\"\n"
                    "until = { event = \"serving\" }"),
            "s.toml:5: unknown key \"until\": kill takes kind, name, at_ms, when, target");
  EXPECT_EQ(trouble("title = \"t\"\n[[fault]]\nkind = \"cpu_hog\"\ntarget = \"web\"\n"
                    "for_ms = 9\npercent = 101"),
            "s.toml:6: \"percent\" of cpu_hog goes from 1 to 100 %");
}

TEST(Scenarios, TakeABugIntoTheirTopology) {
  auto scenario = read_scenario("s", "title = \"t\"\n[topology.web]\ncount = 3\n");
  set_topology(*scenario, "web", "bug", "naive-cache-aside");
  set_topology(*scenario, "cluster", "bug", "no-fencing");
  EXPECT_NE(scenario->topology.find("count = 3"), std::string::npos);
  EXPECT_NE(scenario->topology.find("bug = 'naive-cache-aside'"), std::string::npos);
  EXPECT_NE(scenario->topology.find("bug = 'no-fencing'"), std::string::npos);
}

TEST(Faults, AreOrderedOfTheControlPlaneOrAnActOfChaosAndNoneIsBoth) {
  for (const FaultKind& kind : kFaultKinds) {
    const auto acts = fault_acts();
    const auto count = std::count_if(acts.begin(), acts.end(),
                                     [&](const FaultAct& one) { return one.kind == id_of(kind); });
    // These two wait at their point whatever places them.
    const bool at_point = kind.name == "crash_at" || kind.name == "stop_at";
    EXPECT_EQ(count, kind.scope == FaultScope::kAct || at_point ? 1 : 0) << kind.name;
  }
}

// In both directions: each drawn fault is in the table and has its parameters, and the kinds that
// are never drawn are listed here, so that a new kind is not forgotten.
TEST(Monkey, DrawsEveryKindOfFaultButThoseOfScenariosAlone) {
  const std::set<std::string_view> kept_out = {
      "zone_down",        "zone_shift", "black_hole",  "bit_flip",    "memory_hog",
      "fd_exhaustion",    "dns_lie",    "dns_outage",  "crash_at",    "stop_at",
      "failing_requests", "sg_mistake", "asg_suspend", "cache_flush", "nothing"};
  std::set<std::string_view> drawn;
  for (const FaultSpec& spec : monkey_faults()) {
    const FaultKind* kind = find_fault(spec.kind);
    ASSERT_NE(kind, nullptr) << spec.kind;
    drawn.insert(kind->name);
    EXPECT_EQ(spec.target.empty(), kind->target == FaultNeed::kNo) << spec.kind;
    EXPECT_EQ(spec.to.empty(), kind->scope != FaultScope::kLink) << spec.kind;
    EXPECT_EQ(spec.for_ms == 0, kind->lasts == FaultNeed::kNo) << spec.kind;
    for (const auto& [key, value] : spec.figures) {
      const FaultParameter* parameter = find_parameter(*kind, key);
      ASSERT_NE(parameter, nullptr) << spec.kind << " " << key;
      EXPECT_TRUE(checked(*kind, *parameter, value).ok()) << spec.kind << " " << key;
    }
  }
  for (const FaultKind& kind : kFaultKinds) {
    EXPECT_NE(drawn.contains(kind.name), kept_out.contains(kind.name)) << kind.name;
  }
}

// The budget bounds the faults in force at the same time: faults of one sequence follow each other.
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
