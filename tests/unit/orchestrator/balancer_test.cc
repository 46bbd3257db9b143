// The load balancers' document: what cluster.toml says about it, and what an order replaces.
#include "orchestrator/plan/balancer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/plan/cluster_file.h"

namespace multiaz::orchestrator {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr const char* kFile = R"([lb]
port = 8080
[lb.attributes]
idle_timeout.timeout_seconds = 30
"routing.http.xff_header_processing.mode" = "remove"

[web]
deregistration_ms = 2500
[web.attributes]
"stickiness.enabled" = false

[[target_group]]
name = "api"
targets = ["127.0.0.1:9000"]
health_check_path = "/up"
attributes = { "deregistration_delay.timeout_seconds" = 0.5 }

[[listener]]
port = 9090
default_actions = [{ type = "fixed-response", fixed_response_config = { status_code = "404" } }]

[[rule]]
priority = 10
conditions = [{ field = "path-pattern", path_pattern_config = { values = ["/api/*"] } }]
actions = [{ type = "forward", target_group_name = "api" }]
)";

Plan plan_of(const std::string& text) {
  const auto config = parse_cluster_file(text, "c.toml");
  EXPECT_TRUE(config.ok()) << config.error().detail;
  return build_plan(config ? *config : Config(), 20);
}

elb::Document document_of(const Plan& plan) {
  elb::Reading reading = elb::read_document(plan.balancer, elb::Defaults());
  EXPECT_EQ(elb::text_of(reading.mistakes), "");
  return std::move(reading.document);
}

std::string complaint(const std::string& text) {
  const auto config = parse_cluster_file(text, "c.toml");
  return config ? "" : config.error().detail;
}

TEST(Balancer, AClusterFileDescribesItInTablesOfToml) {
  const Plan plan = plan_of(kFile);
  const elb::Document document = document_of(plan);
  EXPECT_EQ(document.attributes.idle_timeout_ms, 30'000U);
  EXPECT_EQ(document.attributes.forwarded_for, elb::ForwardedForMode::kRemove);
  const elb::TargetGroup* web = document.group("web");
  ASSERT_TRUE(web);
  EXPECT_FALSE(web->attributes.stickiness);
  EXPECT_EQ(web->attributes.deregistration_delay_ms, 2'500U);
  EXPECT_EQ(plan.asg.deregistration_ms, 2'500U) << "a leaving instance may finish as long";
  ASSERT_TRUE(document.group("api"));
  EXPECT_EQ(document.group("api")->attributes.deregistration_delay_ms, 500U);
  ASSERT_EQ(document.rules.size(), 1U);
  EXPECT_EQ(document.rules[0].listener_port, 0) << "the listener of the nodes' own port";
}

TEST(Balancer, AnotherListenerIsAnEndpointThatTheNodesInherit) {
  const Plan plan = plan_of(kFile);
  const PlannedEndpoint* endpoint = plan.endpoint("shop_9090");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->address, plan.endpoint("shop")->address);
  EXPECT_EQ(endpoint->port, 9090);
  EXPECT_THAT(plan.instance("lb-a1")->listen, Contains("shop_9090"));
}

TEST(Balancer, AListenerCannotHaveThePortOfHttps) {
  const std::string text =
      "[[listener]]\nport = 8443\ndefault_actions = [{ type = "
      "\"fixed-response\", fixed_response_config = { status_code = \"404\" } }]\n";
  EXPECT_EQ(complaint(text),
            "c.toml:1: lb.https_port: a listener has that port already; 0: no HTTPS");
  EXPECT_EQ(complaint("[lb]\nhttps_port = 0\n" + text), "");
  const auto ordered = read_balancer_order(plan_of(kFile), R"({"Listeners": [{"Port": 8443,
      "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]}]})");
  ASSERT_FALSE(ordered.ok());
  EXPECT_EQ(ordered.error().detail, "Listeners: HTTPS has port 8443 already");
}

TEST(Balancer, ThePlanKeepsIt) {
  const Plan plan = plan_of(kFile);
  const auto again = plan_from_json(plan_to_json(plan));
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, plan);
}

TEST(Balancer, TheKeysOfWebAndTheProfileAreTheDefaults) {
  const elb::Document fast = document_of(plan_of("[web]\nhealth_path = \"/up\"\n"));
  EXPECT_EQ(fast.groups[0].health.path, "/up");
  EXPECT_EQ(fast.groups[0].health.interval_ms, 200U);
  EXPECT_EQ(fast.groups[0].attributes.deregistration_delay_ms, 5'000U);
  EXPECT_TRUE(fast.groups[0].attributes.stickiness);
  const elb::Document aws =
      document_of(plan_of("[cluster]\nprofile = \"aws\"\n[lb]\nstickiness = false\n"));
  EXPECT_EQ(aws.groups[0].health.interval_ms, 30'000U);
  EXPECT_EQ(aws.groups[0].attributes.deregistration_delay_ms, 300'000U);
  EXPECT_FALSE(aws.groups[0].attributes.stickiness);
  const elb::Document described =
      document_of(plan_of("[web]\nhealth_path = \"/up\"\n[[target_group]]\nname = \"web\"\n"
                          "healthy_threshold_count = 3\n"));
  EXPECT_EQ(described.groups[0].health.path, "/up");
  EXPECT_EQ(described.groups[0].health.healthy_threshold, 3U);
}

TEST(Balancer, AMistakeIsNamedWithItsLine) {
  EXPECT_EQ(complaint("[lb.attributes]\nidle_timeout.timeout_seconds = 0\n"),
            "c.toml:2: lb.attributes.idle_timeout.timeout_seconds: idle_timeout.timeout_seconds = "
            "\"0\" is not allowed: it takes seconds from 1 to 4000");
  EXPECT_EQ(complaint("[[target_group]]\nname = \"api\"\n[[target_group]]\nname = \"api\"\n"),
            "c.toml:3: target_group[1]: there is a target group \"api\" already");
  EXPECT_THAT(complaint("[[rule]]\npriority = 1\n"),
              HasSubstr("c.toml:1: rule[0].conditions: a rule needs a condition"));
  EXPECT_THAT(complaint("[[rule]]\npriority = 60000\n"),
              HasSubstr("c.toml:2: rule[0].priority: a whole number from 1 to 50000 is needed"));
  EXPECT_THAT(complaint("[rule]\npriority = 1\n"), HasSubstr("c.toml:1: rule: an array is needed"));
}

TEST(Balancer, AnOrderReplacesAllButWhatTheKeysSay) {
  Plan plan = plan_of(kFile);
  const auto document = read_balancer_order(
      plan, R"({"TargetGroups": [{"Name": "new", "Targets": ["127.0.0.1:1"]}]})");
  ASSERT_TRUE(document.ok()) << document.error().detail;
  replace_balancer(*document, plan);
  const elb::Document now = document_of(plan);
  EXPECT_FALSE(now.group("api"));
  EXPECT_TRUE(now.group("new"));
  EXPECT_TRUE(now.rules.empty());
  EXPECT_EQ(now.attributes.idle_timeout_ms, 30'000U) << "[lb.attributes] holds as before";
  EXPECT_FALSE(now.group("web")->attributes.stickiness) << "and so does [web.attributes]";
  EXPECT_EQ(plan.asg.deregistration_ms, 2'500U);
  const auto longer = read_balancer_order(plan, R"({"TargetGroups": [{"Name": "web",
                "Attributes": {"deregistration_delay.timeout_seconds": 9}}]})");
  ASSERT_TRUE(longer.ok());
  replace_balancer(*longer, plan);
  EXPECT_EQ(plan.asg.deregistration_ms, 9'000U);
  EXPECT_FALSE(read_balancer_order(plan, R"({"Rules": 1})").ok());
}

}  // namespace
}  // namespace multiaz::orchestrator
