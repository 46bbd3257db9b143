// Several target groups: which one a request gets, and documents that change while requests run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/lb/node_support.h"

namespace multiaz::lb {
namespace {

using ::testing::Contains;

elb::TargetGroup group_of(std::string name, const std::vector<const Web*>& webs) {
  elb::TargetGroup out = quick().web;
  out.name = std::move(name);
  out.instances = false;
  for (const Web* web : webs) out.targets.push_back({web->address.ip, web->address.port});
  return out;
}

elb::Forward forward_to(std::string name) {
  elb::Forward out;
  out.groups.push_back({std::move(name), 1});
  return out;
}

elb::Rule path_rule(int priority, std::string pattern, elb::Action action) {
  elb::Rule out;
  out.priority = priority;
  elb::Condition condition;
  condition.values.push_back(std::move(pattern));
  out.conditions.push_back(std::move(condition));
  out.action = std::move(action);
  return out;
}

elb::Rule query_rule(int priority, std::string key, std::string value, elb::Action action) {
  elb::Rule out;
  out.priority = priority;
  elb::Condition condition;
  condition.field = elb::Field::kQueryString;
  condition.query.push_back({std::move(key), std::move(value)});
  out.conditions.push_back(std::move(condition));
  out.action = std::move(action);
  return out;
}

// The group "web" has w1; the group "api" has w2 and gets /api/* and ?to=api.
elb::Document two_groups(const Scene& scene) {
  elb::Document out = elb::default_document(group_of("web", {&scene.w1}));
  out.groups.push_back(group_of("api", {&scene.w2}));
  out.rules.push_back(path_rule(10, "/api/*", forward_to("api")));
  out.rules.push_back(query_rule(20, "to", "api", forward_to("api")));
  return out;
}

rt::Task<void> until_healthy_in(Scene& scene, std::string name) {
  while (scene.node.groups().find(name)->group().healthy_count() != 1) co_await rt::sleep_ms(1);
}

rt::Task<void> ask_later(Scene& scene, std::string target, std::string& answer) {
  answer = co_await ask(scene, "POST", std::move(target));
}

rt::Task<void> route_by_path(Scene& scene) {
  scene.node.take_document(two_groups(scene));
  co_await until_healthy_in(scene, "web");
  co_await until_healthy_in(scene, "api");
  const std::string page = co_await ask(scene, "GET", "/shop");
  EXPECT_EQ(page, "200 w1");
  const std::string api = co_await ask(scene, "GET", "/api/carts?id=1");
  EXPECT_EQ(api, "200 w2");
}

TEST(Groups, ARuleSendsARequestToItsGroup) {
  EXPECT_EQ(rt::run(play(quick(), route_by_path)), 0);
}

rt::Task<void> remove_a_group(Scene& scene) {
  scene.node.take_document(two_groups(scene));
  co_await until_healthy_in(scene, "web");
  co_await until_healthy_in(scene, "api");
  std::string slow, hanging;
  rt::Nursery nursery;
  nursery.spawn("slow", ask_later(scene, "/slow?to=api", slow));
  nursery.spawn("hang", ask_later(scene, "/hang?to=api&on=w2", hanging));
  while (scene.w2.requests < 2) co_await rt::sleep_ms(1);
  elb::Document one_group = elb::default_document(group_of("web", {&scene.w1}));
  scene.node.take_document(std::move(one_group));
  EXPECT_EQ(scene.node.groups().find("api"), nullptr);
  const std::string api = co_await ask(scene, "GET", "/api/carts");
  EXPECT_EQ(api, "200 w1") << "the rule is gone";
  co_await nursery.join();
  EXPECT_EQ(slow, "200 w2");
  EXPECT_EQ(hanging, "502 lb");
  EXPECT_THAT(scene.events,
              Contains("target_cut: api/" + scene.w2.address.text() +
                       ": the 80 ms of the deregistration delay are over; requests cut off: 1"));
}

TEST(Groups, RequestsInFlightKeepTheirGroupWhenItIsRemoved) {
  EXPECT_EQ(rt::run(play(quick(), remove_a_group)), 0);
}

rt::Task<void> replace_a_target(Scene& scene) {
  elb::Document document = elb::default_document(group_of("web", {&scene.w1}));
  scene.node.take_document(document);
  co_await until_healthy_in(scene, "web");
  std::string slow;
  rt::Nursery nursery;
  nursery.spawn("slow", ask_later(scene, "/slow", slow));
  while (scene.w1.requests < 1) co_await rt::sleep_ms(1);
  document.groups[0].targets = group_of("web", {&scene.w2}).targets;
  scene.node.take_document(document);
  const std::string fresh = co_await ask(scene, "GET", "/");
  EXPECT_EQ(fresh, "200 w2");
  co_await nursery.join();
  EXPECT_EQ(slow, "200 w1") << "what runs may finish";
  while (scene.node.backends().group().targets().size() > 1) co_await rt::sleep_ms(1);
}

TEST(Groups, ATargetThatTheDocumentDoesNotNameAnyMoreDrains) {
  EXPECT_EQ(rt::run(play(quick(), replace_a_target)), 0);
}

rt::Task<void> match_statuses(Scene& scene) {
  elb::Document document = elb::default_document(group_of("web", {&scene.w1}));
  elb::TargetGroup odd = group_of("odd", {&scene.w1});
  odd.health.matcher = {{201, 204}, {300, 399}};
  elb::TargetGroup elsewhere = group_of("elsewhere", {&scene.w1});
  elsewhere.targets[0].port = 1;  // no process listens there
  elsewhere.health.port = scene.w1.address.port;
  document.groups.push_back(odd);
  document.groups.push_back(elsewhere);
  scene.node.take_document(document);
  co_await until_healthy_in(scene, "elsewhere");
  const auto& targets = scene.node.groups().find("odd")->group().targets();
  while (targets.begin()->second.reason.empty()) co_await rt::sleep_ms(1);
  EXPECT_EQ(targets.begin()->second.reason,
            "Target.ResponseCodeMismatch: Health checks failed with these codes: [200]");
  document.groups[1].health.matcher.push_back({200, 200});
  scene.node.take_document(document);
  co_await until_healthy_in(scene, "odd");
}

TEST(Groups, TheMatcherAndThePortOfTheHealthCheckCount) {
  EXPECT_EQ(rt::run(play(quick(), match_statuses)), 0);
}

rt::Task<void> answer_here(Scene& scene) {
  elb::Document document = elb::default_document(quick().web);
  elb::FixedResponse busy;
  busy.status = 503;
  busy.body = "closed for maintenance";
  document.rules.push_back(path_rule(1, "/admin*", busy));
  elb::Redirect moved;
  moved.status = 301;
  moved.path = "/new/#{path}";
  document.rules.push_back(path_rule(2, "/old*", moved));
  scene.node.take_document(std::move(document));
  http::Client client((http::ClientConfig()));
  auto fixed = co_await client.fetch(scene.address, http::Request("GET", "/admin"));
  EXPECT_EQ(fixed->status, 503);
  EXPECT_EQ(fixed->body, "closed for maintenance");
  EXPECT_EQ(fixed->header("Content-Type"), "text/plain");
  auto redirect = co_await client.fetch(scene.address, http::Request("GET", "/old?a=b"));
  EXPECT_EQ(redirect->status, 301);
  EXPECT_EQ(redirect->header("Location"), "http://" + scene.address.text() + "/new/old?a=b");
  EXPECT_EQ(scene.w1.requests + scene.w2.requests, 0);
}

TEST(Groups, RedirectsAndFixedResponsesNeedNoTarget) {
  EXPECT_EQ(rt::run(play(quick(), answer_here)), 0);
}

}  // namespace
}  // namespace multiaz::lb
