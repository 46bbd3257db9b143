// Documents: what they may say, and what each mistake is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/elb/read_document.h"

namespace multiaz::elb {
namespace {

using ::testing::HasSubstr;

Reading read(std::string_view text, Spelling spelling = Spelling::kAws) {
  Defaults defaults = defaults_for_profile("fast");
  defaults.own_port = 8080;
  return read_document(text, defaults, spelling);
}

std::string mistakes_of(std::string_view text) {
  return text_of(read(text).mistakes);
}

TEST(Document, AnEmptyOneIsTheWebTierBehindThePortOfTheNodes) {
  const Reading reading = read("{}");
  EXPECT_TRUE(reading.mistakes.empty());
  ASSERT_EQ(reading.document.groups.size(), 1U);
  const TargetGroup& web = reading.document.groups[0];
  EXPECT_EQ(web.name, "web");
  EXPECT_TRUE(web.instances);
  EXPECT_EQ(web.health.path, "/health");
  EXPECT_TRUE(web.attributes.stickiness);
  ASSERT_EQ(reading.document.listeners.size(), 1U);
  EXPECT_EQ(reading.document.listeners[0].port, 0);
}

constexpr std::string_view kWhole = R"({
  "Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "30"},
                 {"Key": "routing.http.xff_header_processing.mode", "Value": "remove"}],
  "TargetGroups": [
    {"Name": "api", "Targets": ["127.0.0.1:9000", "127.0.0.2"], "Port": 9001,
     "HealthCheckPath": "/up", "HealthCheckIntervalSeconds": 0.2, "HealthCheckTimeoutSeconds": 2,
     "HealthyThresholdCount": 3, "UnhealthyThresholdCount": 4, "HealthCheckPort": "9100",
     "Matcher": {"HttpCode": "200-204,301"},
     "Attributes": {"deregistration_delay.timeout_seconds": 2.5, "stickiness.enabled": true}}],
  "Listeners": [{"Port": 8081, "DefaultActions": [{"Type": "redirect", "RedirectConfig":
     {"StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443"}}]}],
  "Rules": [{"Priority": 5, "ListenerPort": 8081, "Conditions": [
     {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}},
     {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["b?"]}},
     {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1"}]}},
     {"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.0/8"]}}],
   "Actions": [{"Type": "forward", "ForwardConfig": {
     "TargetGroups": [{"TargetGroupName": "web", "Weight": 9}, {"TargetGroupName": "api"}],
     "TargetGroupStickinessConfig": {"Enabled": true, "DurationSeconds": 60}}}]}]})";

TEST(Document, SaysEverythingInTheWordsOfElbv2) {
  const Reading reading = read(kWhole);
  EXPECT_EQ(text_of(reading.mistakes), "");
  const Document& document = reading.document;
  EXPECT_EQ(document.attributes.idle_timeout_ms, 30'000U);
  EXPECT_EQ(document.attributes.forwarded_for, ForwardedForMode::kRemove);
  const TargetGroup* api = document.group("api");
  ASSERT_TRUE(api);
  EXPECT_FALSE(api->instances);
  EXPECT_EQ(api->targets, (std::vector<TargetAddress>{{0x7f000001, 9000}, {0x7f000002, 9001}}));
  EXPECT_EQ(api->health.interval_ms, 200U);
  EXPECT_EQ(api->health.port, 9100);
  EXPECT_EQ(api->health.matcher, (std::vector<CodeRange>{{200, 204}, {301, 301}}));
  EXPECT_EQ(api->attributes.deregistration_delay_ms, 2'500U);
  EXPECT_TRUE(api->attributes.stickiness);
  ASSERT_EQ(document.rules.size(), 1U);
  const auto& forward = std::get<Forward>(document.rules[0].action);
  EXPECT_EQ(forward.groups, (std::vector<WeightedGroup>{{"web", 9}, {"api", 1}}));
  EXPECT_EQ(forward.stickiness_ms, 60'000U);
}

TEST(Document, IsTheSameWhenItIsWrittenAndReadAgain) {
  const std::string once = write_document(read(kWhole).document);
  const Reading again = read(once);
  EXPECT_EQ(text_of(again.mistakes), "");
  EXPECT_EQ(write_document(again.document), once);
  EXPECT_EQ(again.document.groups, read(kWhole).document.groups);
  EXPECT_EQ(again.document.attributes, read(kWhole).document.attributes);
}

TEST(Document, ClusterFilesSpellTheKeysAsTomlDoes) {
  const Reading reading = read(R"({
    "lb.attributes": {"idle_timeout": {"timeout_seconds": 5}},
    "target_group": [{"name": "api", "targets": ["127.0.0.1:1"], "health_check_path": "/up"}],
    "rule": [{"priority": 1, "conditions": [{"field": "path-pattern",
       "path_pattern_config": {"values": ["/api*"]}}],
      "actions": [{"type": "forward", "target_group_name": "api"}]}]})",
                               Spelling::kToml);
  EXPECT_EQ(text_of(reading.mistakes), "");
  EXPECT_EQ(reading.document.attributes.idle_timeout_ms, 5'000U);
  const Reading wrong = read(R"({"rule": [{"priority": 0, "conditon": []}]})", Spelling::kToml);
  EXPECT_THAT(text_of(wrong.mistakes), HasSubstr("rule[0].priority: a whole number from 1"));
  EXPECT_THAT(text_of(wrong.mistakes),
              HasSubstr("rule[0].conditon: there is no such key; did you mean \"conditions\"?"));
}

struct Wrong {
  const char* text;
  const char* told;
};

const Wrong kWrongGroups[] = {
    {"[]", "this is no JSON object"},
    {R"({"Rules": 1})", "Rules: an array is needed"},
    {R"({"Ruls": []})", "Ruls: there is no such key; did you mean \"Rules\"?"},
    {R"({"Attributes": {"idle_timeout.timeout_seconds": 0}})",
     "idle_timeout.timeout_seconds = \"0\" is not allowed: it takes seconds from 1 to 4000"},
    {R"({"Attributes": {"idle_timeout.seconds": 5}})",
     "unknown attribute \"idle_timeout.seconds\""},
    {R"({"Attributes": {"routing.http.desync_mitigation_mode": "lax"}})",
     "it takes one of monitor, defensive, strictest"},
    {R"({"Attributes": {"waf.fail_open.enabled": true}})",
     "waf.fail_open.enabled = \"true\" is not built yet: only \"false\" is"},
    {R"({"Attributes": [{"Key": "routing.http2.enabled"}]})",
     "Attributes[0]: Key and Value are needed"},
    {R"({"TargetGroups": [{"Name": "a_b"}]})", "TargetGroups[0].Name: a name of 1 to 32"},
    {R"({"TargetGroups": [{"Name": "a"}, {"Name": "a"}]})",
     "TargetGroups[1]: there is a target group \"a\" already"},
    {R"({"TargetGroups": [{"Name": "a", "Targets": ["h:1"]}]})",
     "TargetGroups[0].Targets[0]: ADDRESS:PORT is needed"},
    {R"({"TargetGroups": [{"Name": "a", "Targets": ["127.0.0.1"]}]})", "ADDRESS:PORT is needed"},
    {R"({"TargetGroups": [{"Name": "a", "TargetType": "lambda"}]})",
     "\"lambda\" is not built: instance (the web tier) or ip"},
    {R"({"TargetGroups": [{"Name": "a", "TargetType": "instance", "Targets": ["1.1.1.1:1"]}]})",
     "targets need type ip"},
    {R"({"TargetGroups": [{"Name": "a", "Protocol": "HTTPS"}]})",
     "\"HTTPS\" is not built yet: only \"HTTP\" is"},
    {R"({"TargetGroups": [{"Name": "a", "Matcher": {"HttpCode": "200-600"}}]})",
     "Matcher.HttpCode: statuses from 200 to 499 are needed"},
    {R"({"TargetGroups": [{"Name": "a", "HealthyThresholdCount": 1}]})",
     "a whole number from 2 to 10 is needed, not 1"},
    {R"({"TargetGroups": [{"Name": "a", "HealthCheckIntervalSeconds": 301}]})",
     "seconds from 0.05 to 300 are needed, not 301"},
    {R"({"TargetGroups": [{"Name": "a", "HealthCheckPath": "up"}]})",
     "a path that begins with '/' is needed"},
    {R"({"TargetGroups": [{"Name": "a", "Attributes":
         {"deregistration_delay.timeout_seconds": 3601}}]})",
     "it takes seconds from 0 to 3600"},
};

const Wrong kWrongListeners[] = {
    {R"({"Listeners": [{"Port": 8080, "DefaultActions": []}]})",
     "DefaultActions: exactly one action is needed, not 0"},
    {R"({"Listeners": [{"Port": 0, "DefaultActions": []}]})",
     "Listeners[0].Port: a whole number from 1 to 65535 is needed, not 0"},
    {R"({"Listeners": [{"Protocol": "TCP"}]})", "\"TCP\" is not built yet"},
    {R"({"Listeners": [{"DefaultActions": [{"Type": "forward", "TargetGroupName": "x"}]}]})",
     "there is no target group \"x\"; there are web"},
    {R"({"Listeners": [{"DefaultActions": [{"Type": "forward"}]}]})",
     "a forward action needs a target group"},
    {R"({"Listeners": [{"DefaultActions": [{"Type": "authenticate-oidc"}]}]})",
     "\"authenticate-oidc\" is not built: forward, redirect or fixed-response"},
    {R"({"Listeners": [{"DefaultActions": [{"Type": "redirect", "RedirectConfig":
         {"StatusCode": "HTTP_301"}}]}]})",
     "the redirect would lead to itself"},
    {R"({"Listeners": [{"DefaultActions": [{"Type": "redirect", "RedirectConfig":
         {"StatusCode": "301", "Port": "443"}}]}]})",
     "StatusCode: HTTP_301 or HTTP_302 is needed"},
    {R"({"Listeners": [{"DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig":
         {"StatusCode": "301"}}]}]})",
     "a status of 2XX, 4XX or 5XX is needed, not \"301\""},
    {R"({"Listeners": [{"DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig":
         {"StatusCode": "200", "ContentType": "image/png"}}]}]})",
     "ContentType: one of text/plain, text/css"},
};

TEST(Document, EachMistakeIsToldWithItsPlaceAndWhatIsAllowed) {
  for (const Wrong& one : kWrongGroups) {
    EXPECT_THAT(mistakes_of(one.text), HasSubstr(one.told)) << one.text;
  }
  for (const Wrong& one : kWrongListeners) {
    EXPECT_THAT(mistakes_of(one.text), HasSubstr(one.told)) << one.text;
  }
}

// A rule with these conditions, which forwards to the group web.
std::string rule_with(const std::string& conditions, const std::string& priority = "1") {
  return R"({"Rules": [{"Priority": )" + priority + R"(, "Conditions": [)" + conditions +
         R"(], "Actions": [{"Type": "forward", "TargetGroupName": "web"}]}]})";
}

std::string path_values(const std::string& values) {
  return R"({"Field": "path-pattern", "PathPatternConfig": {"Values": [)" + values + "]}}";
}

TEST(Document, RulesKeepTheLimitsOfElbv2) {
  EXPECT_EQ(mistakes_of(rule_with(path_values("\"/a*\""))), "");
  EXPECT_THAT(mistakes_of(rule_with(path_values("\"/a\""), "50001")),
              HasSubstr("a whole number from 1 to 50000 is needed, not 50001"));
  EXPECT_THAT(mistakes_of(rule_with("")), HasSubstr("a rule needs a condition"));
  EXPECT_THAT(mistakes_of(rule_with(path_values(""))), HasSubstr("at least one value is needed"));
  EXPECT_THAT(mistakes_of(rule_with(path_values(R"("/1","/2","/3","/4","/5","/6")"))),
              HasSubstr("at most 5 values in its conditions, not 6"));
  EXPECT_THAT(mistakes_of(rule_with(path_values("\"/******\""))),
              HasSubstr("at most 5 wildcards, not 6"));
  EXPECT_THAT(mistakes_of(rule_with(path_values("\"/a\"") + "," + path_values("\"/b\""))),
              HasSubstr("at most one condition of each field"));
  EXPECT_THAT(mistakes_of(rule_with(path_values("\"/a b\""))),
              HasSubstr("has a character that is not allowed"));
  EXPECT_THAT(mistakes_of(rule_with(path_values("\"" + std::string(129, 'x') + "\""))),
              HasSubstr("a text of 1 to 128 characters is needed"));
  EXPECT_THAT(mistakes_of(rule_with(R"({"Field": "path-patern"})")),
              HasSubstr("one of host-header, path-pattern, http-header"));
  EXPECT_THAT(mistakes_of(rule_with(R"({"Field": "source-ip",
                "SourceIpConfig": {"Values": ["::1/128"]}})")),
              HasSubstr("\"::1/128\" is no IPv4 block"));
  EXPECT_THAT(mistakes_of(rule_with(R"({"Field": "http-request-method",
                "HttpRequestMethodConfig": {"Values": ["get"]}})")),
              HasSubstr("\"get\" is no method"));
  EXPECT_THAT(mistakes_of(rule_with(R"({"Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "host", "Values": ["x"]}})")),
              HasSubstr("for Host there is the field host-header"));
}

TEST(Document, TwoRulesOfAListenerHaveNoPriorityInCommon) {
  const std::string one = R"({"Priority": 7, "Conditions": [)" + path_values("\"/a\"") +
                          R"(], "Actions": [{"Type": "forward", "TargetGroupName": "web"}]})";
  EXPECT_THAT(mistakes_of("{\"Rules\": [" + one + "," + one + "]}"),
              HasSubstr("Rules[1]: another rule of this listener has priority 7"));
}

TEST(Attributes, ThoseThatExcludeEachOtherAreRefused) {
  TargetGroupAttributes attributes;
  attributes.stickiness = true;
  attributes.algorithm = Algorithm::kWeightedRandom;
  EXPECT_THAT(check_together(attributes).error().detail, HasSubstr("exclude each other"));
  attributes = TargetGroupAttributes();
  attributes.slow_start_ms = 30'000;
  attributes.algorithm = Algorithm::kLeastOutstandingRequests;
  EXPECT_THAT(check_together(attributes).error().detail, HasSubstr("needs load_balancing"));
}

TEST(Attributes, EveryRowTakesItsOwnValue) {
  LoadBalancerAttributes balancer;
  for (const AttributeRow& row : attribute_rows(balancer)) {
    EXPECT_TRUE(set_attribute(row.key, row.value, balancer).ok()) << row.key << " " << row.value;
  }
  TargetGroupAttributes group;
  for (const AttributeRow& row : attribute_rows(group)) {
    if (row.value.empty()) continue;
    EXPECT_TRUE(set_attribute(row.key, row.value, group).ok()) << row.key << " " << row.value;
  }
  EXPECT_EQ(balancer, LoadBalancerAttributes());
  EXPECT_EQ(group, TargetGroupAttributes());
}

std::string line_of(const AttributeRow& row) {
  const std::string takes = row.only.empty() ? row.allowed : "`" + row.only + "` only, so far";
  return "| `" + row.key + "` | " + takes + " | " + (row.value.empty() ? "-" : row.value) + " | " +
         row.words + " |\n";
}

TEST(Attributes, TheTablesOfTheDocumentationAreTheirs) {
  std::ifstream file("docs/load-balancer.md");
  std::ostringstream page;
  page << file.rdbuf();
  for (const AttributeRow& row : attribute_rows(LoadBalancerAttributes())) {
    EXPECT_THAT(page.str(), HasSubstr(line_of(row)));
  }
  for (const AttributeRow& row : attribute_rows(TargetGroupAttributes())) {
    EXPECT_THAT(page.str(), HasSubstr(line_of(row)));
  }
}

}  // namespace
}  // namespace multiaz::elb
