// TARGET: the instances of each word, and the messages for unknown words.
#include "orchestrator/control/target.h"

#include <gtest/gtest.h>

namespace multiaz::orchestrator {
namespace {

const std::vector<Candidate> kAll = {
    {"lb-a1", "lb", "az-a", "", true},         {"web-a1", "web", "az-a", "", true},
    {"web-b1", "web", "az-b", "", true},       {"web-b2", "web", "az-b", "", false},
    {"cache-a1", "cache", "az-a", "primary"},  {"cache-b1", "cache", "az-b", "replica"},
    {"db-a1", "db", "az-a", "standby", true},  {"db-b1", "db", "az-b", "primary", true},
    {"db-c1", "db", "az-c", "replica", false},
};

std::string resolved(const std::string& target, uint64_t pick = 0) {
  const auto ids = resolve_target(target, kAll, pick);
  if (!ids) return std::string(to_string(ids.error().code));
  std::string out;
  for (const std::string& id : *ids) out += (out.empty() ? "" : " ") + id;
  return out;
}

TEST(Target, NamesInstancesRolesTiersAndZones) {
  EXPECT_EQ(resolved("web-a1"), "web-a1");
  EXPECT_EQ(resolved("web-b2"), "web-b2");  // its name finds it also after its end
  EXPECT_EQ(resolved("db:primary"), "db-b1");
  EXPECT_EQ(resolved("db:standby"), "db-a1");
  EXPECT_EQ(resolved("cache:replica"), "cache-b1");
  EXPECT_EQ(resolved("web"), "web-a1 web-b1");
  EXPECT_EQ(resolved("az-b"), "web-b1 cache-b1 db-b1");
}

TEST(Target, AnyPicksOneThatRuns) {
  EXPECT_EQ(resolved("any:web", 0), "web-a1");
  EXPECT_EQ(resolved("any:web", 1), "web-b1");
  EXPECT_EQ(resolved("any:web", 2), "web-a1");
  EXPECT_EQ(resolved("any:az-a", 3), "db-a1");
}

TEST(Target, ARoleThatNobodyFillsIsNotATypingError) {
  EXPECT_EQ(resolved("db:replica"), "unavailable");
  EXPECT_EQ(resolved("db:replicas"), "invalid");
}

TEST(Target, UnknownWordsAreAnsweredWithTheKnownOnes) {
  const auto ids = resolve_target("db:primray", kAll, 0);
  ASSERT_FALSE(ids.ok());
  EXPECT_EQ(ids.error().detail,
            "unknown target 'db:primray', did you mean 'db:primary'? Allowed are instances "
            "(cache-a1 cache-b1 db-a1 db-b1 db-c1 lb-a1 web-a1 web-b1 web-b2), roles "
            "(cache:primary cache:replica db:primary db:replica db:standby), tiers (cache db lb "
            "web), zones (az-a az-b az-c) and any:TIER");
}

}  // namespace
}  // namespace multiaz::orchestrator
