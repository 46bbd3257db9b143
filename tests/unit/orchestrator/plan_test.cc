// The plan: golden texts for the default, and rules that hold for every configuration.
// To accept a change: MULTIAZ_REWRITE=1 build/debug/bin/test_orchestrator --gtest_filter='Plan*'
#include "orchestrator/plan/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "base/core/random.h"

namespace multiaz::orchestrator {
namespace {

void expect_golden(const std::string& name, const std::string& actual) {
  const std::string path = "tests/golden/plan/" + name;
  if (std::getenv("MULTIAZ_REWRITE")) std::ofstream(path) << actual;
  std::ifstream file(path);
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(actual, expected.str()) << path;
}

Config wide() {
  Config config;
  config.name = "wide";
  config.zones = 6;
  config.profile = "aws";
  config.lb_per_zone = 2;
  config.web_count = 8;
  config.cache_count = 2;
  config.db_standby = false;
  config.db_replicas = 0;
  config.shop_address = "127.0.0.1:9000";
  config.bug = "ack-before-replicate";
  return config;
}

TEST(Plan, TheDefaultIsGolden) {
  const Plan plan = build_plan(Config(), 20);
  expect_golden("default.json", plan_to_json(plan));
  expect_golden("default.txt", plan_to_text(plan));
}

TEST(Plan, AWideClusterIsGolden) {
  expect_golden("wide.txt", plan_to_text(build_plan(wide(), 42)));
}

TEST(Plan, JsonGivesTheSamePlanBack) {
  for (const Config& config : {Config(), wide()}) {
    const Plan plan = build_plan(config, 33);
    const auto again = plan_from_json(plan_to_json(plan));
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(*again, plan);
  }
  EXPECT_EQ(plan_from_json("{}").error().code, Code::kCorrupt);
}

// A file that was cut or edited may have the right types, and would end the process that uses it.
TEST(Plan, AStoredPlanThatDoesNotHoldTogetherIsRefused) {
  using Change = void (*)(Plan&);
  const std::pair<Change, const char*> changes[] = {
      {[](Plan& p) { p.octet = 300; }, "octet"},
      {[](Plan& p) { p.zones.clear(); }, "zones"},
      {[](Plan& p) { p.zones[1] = "x"; }, "zone 2 is \"az-b\""},
      {[](Plan& p) { p.instances[1].id = p.instances[0].id; }, "there twice"},
      {[](Plan& p) { p.instances[0].zone = "az-z"; }, "is in no zone"},
      {[](Plan& p) { p.groups[0].members.clear(); }, "may be its primary"},
      {[](Plan& p) { p.groups[0].members[0].id = "nobody"; }, "is no instance of it"},
      {[](Plan& p) { p.groups[1].members[1] = p.groups[1].members[0]; }, "a member twice"},
      {[](Plan& p) { p.groups.push_back(p.groups[0]); }, "there twice"},
      {[](Plan& p) { p.asg.templates.clear(); }, "no launch template"},
      {[](Plan& p) { p.asg.templates.push_back(p.asg.templates[0]); }, "there twice"},
      {[](Plan& p) { p.endpoints.clear(); }, "no endpoint api"},
  };
  for (const auto& [change, words] : changes) {
    Plan plan = build_plan(Config(), 33);
    change(plan);
    const auto again = plan_from_json(plan_to_json(plan));
    ASSERT_FALSE(again.ok()) << words;
    EXPECT_EQ(again.error().code, Code::kCorrupt);
    EXPECT_NE(again.error().detail.find(words), std::string::npos) << again.error().detail;
  }
}

TEST(Plan, AnInstanceOfATemplateThatIsGoneIsAnError) {
  const Plan plan = build_plan(Config(), 20);
  EXPECT_TRUE(next_instance(plan, 0, 1).ok());
  EXPECT_EQ(next_instance(plan, 0, 7).error().code, Code::kNotFound);
}

TEST(Plan, DatabasesAndPrimariesSpreadOverTheZones) {
  const Plan plan = build_plan(Config(), 20);
  std::set<std::string> zones;
  for (const GroupMember& member : plan.group("db")->members) zones.insert(member.zone);
  EXPECT_EQ(zones.size(), 3U);
  EXPECT_FALSE(plan.group("db")->members[2].candidate);
  EXPECT_EQ(plan.instance("web-a2")->zone, "az-a");
}

TEST(Plan, WithoutReadReplicaTheShopBrowsesOnThePrimary) {
  Config config;
  config.db_replicas = 0;
  const Plan plan = build_plan(config, 20);
  EXPECT_FALSE(plan.instance("web-a1")->env.contains("DATABASE_REPLICA_URL"));
}

// For every valid configuration ids and addresses are unique, and members are instances.
TEST(Plan, EachTierHasACertificateOfItsOwn) {
  Config config;
  config.cache_tls = "on";
  config.db_force_ssl = true;
  const Plan plan = build_plan(config, 20);
  for (const PlannedInstance& one : plan.instances) {
    for (const std::string tier : {"lb", "db", "cache"}) {
      const auto key = std::ranges::count(one.secrets, tier + "_key");
      EXPECT_EQ(key, one.tier == tier ? 1 : 0) << one.id;
    }
    if (one.tier != "web") continue;
    EXPECT_EQ(one.env.at("CACHE_URL"),
              "rediss://default:${cache_password}@127.20.0.6:6379?ssl_ca_certs=${ca_file}");
    EXPECT_EQ(one.env.at("DATABASE_URL"),
              "postgresql://shop:${db_password}@127.20.0.5:5432/shop?sslmode=verify-full&"
              "sslrootcert=${ca_file}");
  }
}

TEST(Plan, WithoutHttpsNoEndpointAndNoKeyIsLeft) {
  Config config;
  config.lb_https_port = 0;
  const Plan plan = build_plan(config, 20);
  EXPECT_EQ(plan.endpoint("shop_https"), nullptr);
  EXPECT_EQ(plan.endpoint("shop_https_local"), nullptr);
  EXPECT_EQ(std::ranges::count(plan.instance("lb-a1")->secrets, "lb_key"), 0);
}

TEST(Plan, NothingIsPlannedTwice) {
  const uint64_t seed = secret_u64();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 200; ++i) {
    Config config;
    config.zones = static_cast<int64_t>(random.between(1, kZonesMax));
    config.lb_per_zone = static_cast<int64_t>(random.between(1, 9));
    config.web_count = static_cast<int64_t>(random.between(1, 100));
    config.cache_count = static_cast<int64_t>(random.between(1, 9));
    config.db_replicas = static_cast<int64_t>(random.between(0, 9));
    if (!check_config(config).empty()) continue;
    const Plan plan = build_plan(config, 20);
    std::set<std::string> ids, addresses;
    for (const PlannedInstance& one : plan.instances) {
      EXPECT_TRUE(ids.insert(one.id).second) << one.id;
      EXPECT_TRUE(addresses.insert(one.address).second) << one.address;
    }
    for (const PlannedGroup& group : plan.groups) {
      for (const GroupMember& member : group.members) EXPECT_TRUE(plan.instance(member.id));
    }
  }
}

}  // namespace
}  // namespace multiaz::orchestrator
