// Security groups: which connections the rules alone allow.
#include "base/sg/security_groups.h"

#include <gtest/gtest.h>

namespace multiaz::sg {
namespace {

constexpr uint32_t kLb = 0x7f14010b, kWeb = 0x7f140115, kYou = 0x7f000001;

const std::vector<Member> kMembers = {{"lb-a1", "sg-lb", kLb}, {"web-a1", "sg-web", kWeb}};
const std::vector<Rule> kRules = {
    {"sg-web", 8080, 8080, "sg-lb", ""},
    {"sg-cache", 6379, 6379, "sg-web", ""},
    {"sg-cache", 6379, 6379, "127.0.0.1/32", ""},
    {"sg-cache", 7946, 7946, "sg-cache", ""},
};

TEST(SecurityGroups, AllowWhatARuleNamesAndNothingElse) {
  const auto allowed = [](uint32_t from, const char* group, uint16_t port) {
    return judge(kRules, kMembers, from, group, port).allowed;
  };
  EXPECT_TRUE(allowed(kLb, "sg-web", 8080));
  EXPECT_FALSE(allowed(kLb, "sg-web", 8081));
  EXPECT_FALSE(allowed(kYou, "sg-web", 8080));
  EXPECT_TRUE(allowed(kWeb, "sg-cache", 6379));
  EXPECT_TRUE(allowed(kYou, "sg-cache", 6379));
  EXPECT_FALSE(allowed(kLb, "sg-cache", 6379));
  EXPECT_FALSE(allowed(kWeb, "sg-cache", 7946));
  EXPECT_FALSE(allowed(kWeb, "sg-db", 5432)) << "a group without rules is closed";
}

TEST(SecurityGroups, SayWhichRuleOrWhatIsOpen) {
  EXPECT_EQ(judge(kRules, kMembers, kWeb, "sg-cache", 6379).because, "sg-cache: 6379 from sg-web");
  EXPECT_EQ(judge(kRules, kMembers, kLb, "sg-cache", 6379).because,
            "no rule of sg-cache allows it: port 6379 is open to sg-web, 127.0.0.1/32");
  EXPECT_EQ(judge(kRules, kMembers, kLb, "sg-cache", 1).because,
            "no rule of sg-cache allows it: port 1 is open to nobody");
}

TEST(SecurityGroups, BlocksHavePrefixes) {
  EXPECT_TRUE(parse_cidr("10.0.0.0/8")->contains(0x0affffff));
  EXPECT_FALSE(parse_cidr("10.0.0.0/8")->contains(0x0b000000));
  EXPECT_TRUE(parse_cidr("0.0.0.0/0")->contains(kWeb));
  EXPECT_FALSE(parse_cidr("10.0.0.1")->contains(0x0a000002));
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0", "web", ""}) {
    EXPECT_EQ(parse_cidr(bad).error().code, Code::kInvalid) << bad;
  }
}

TEST(SecurityGroups, BadRulesAreNamed) {
  const std::vector<std::string> groups = {"sg-lb", "sg-web"};
  EXPECT_TRUE(check_rule({"sg-web", 1, 2, "sg-lb", ""}, groups).ok());
  EXPECT_EQ(check_rule({"sg-wbe", 1, 2, "sg-lb", ""}, groups).error().detail,
            "there is no group 'sg-wbe'; the groups are sg-lb sg-web");
  EXPECT_FALSE(check_rule({"sg-web", 2, 1, "sg-lb", ""}, groups).ok());
  EXPECT_FALSE(check_rule({"sg-web", 1, 2, "everybody", ""}, groups).ok());
}

}  // namespace
}  // namespace multiaz::sg
