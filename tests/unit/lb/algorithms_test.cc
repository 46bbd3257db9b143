// The tests say which target gets the next request by the other algorithms, in a slow start,
// without cross-zone balancing, and with fewer healthy targets than the minimum.
#include <gtest/gtest.h>

#include <map>

#include "base/core/random.h"
#include "lb/balance/target_group.h"
#include "tests/unit/lb/seed.h"

namespace multiaz::lb {
namespace {

constexpr int kRequests = 3'000;

TargetSpec spec(std::string id) {
  TargetSpec out;
  out.zone = id.substr(0, 1);
  out.port = 8080;
  out.id = std::move(id);
  return out;
}

struct Scene {
  explicit Scene(GroupPolicy policy) : group(std::move(policy)), random(test_seed()) {
    group.update({spec("a1"), spec("a2"), spec("b1")}, 0);
    for (const char* id : {"a1", "a2", "b1"}) group.record_check(id, true, "", 0);
  }
  std::string pick(Nanos now = 0) {
    Moment at;
    at.now = now;
    if (group.draws()) at.draw = random.next();
    const auto choice = group.choose("", {}, at);
    return choice ? choice->id : "none";
  }
  // How many of kRequests each target gets; `fails` answers 500.
  std::map<std::string, int> serve(Nanos now = 0, const std::string& fails = "") {
    std::map<std::string, int> out;
    for (int i = 0; i < kRequests; ++i) {
      const std::string id = pick(now);
      ++out[id];
      group.count_answer(id, id == fails ? 500 : 200);
    }
    return out;
  }
  TargetGroup group;
  Random random;
};

GroupPolicy with(elb::Algorithm algorithm) {
  GroupPolicy out;
  out.algorithm = algorithm;
  return out;
}

TEST(Algorithms, LeastOutstandingTakesTheOneWithTheFewestInFlight) {
  Scene scene(with(elb::Algorithm::kLeastOutstandingRequests));
  std::string order;
  for (int i = 0; i < 6; ++i) {
    const std::string id = scene.pick();
    order += id + " ";
    if (id != "b1") scene.group.begin_request(id);  // b1 answers at once, the others never
  }
  EXPECT_EQ(order, "a1 a2 b1 b1 b1 b1 ");
  scene.group.end_request("a2");
  EXPECT_EQ(scene.pick(), "a2") << "equally few: the next in turn";
}

TEST(Algorithms, WeightedRandomSpreadsEvenly) {
  Scene scene(with(elb::Algorithm::kWeightedRandom));
  for (const auto& [id, count] : scene.serve()) EXPECT_NEAR(count, kRequests / 3, 150) << id;
}

TEST(Algorithms, AnAnomalousTargetGetsNextToNothingAndComesBackStepByStep) {
  GroupPolicy policy = with(elb::Algorithm::kWeightedRandom);
  policy.anomaly_mitigation = true;
  Scene scene(policy);
  scene.serve(0, "a2");
  EXPECT_EQ(scene.group.judge(5 * kSecond), std::vector<std::string>{"a2"});
  EXPECT_TRUE(scene.group.mark("a2").anomalous);
  EXPECT_TRUE(scene.group.judge(6 * kSecond).empty()) << "the interval is not over";
  const auto cut = scene.serve(5 * kSecond, "a2");
  EXPECT_LT(cut.contains("a2") ? cut.at("a2") : 0, kRequests / 50);
  EXPECT_GT(cut.at("a1"), kRequests / 3);
  EXPECT_TRUE(scene.group.judge(10 * kSecond).empty()) << "it still fails";
  int before = 0;
  for (Nanos now = 15 * kSecond; now < 60 * kSecond; now += 5 * kSecond) {
    const int got = scene.serve(now)["a2"];
    EXPECT_GE(got + 250, before) << "its share only grows";
    before = got;
    scene.group.judge(now);
  }
  EXPECT_NEAR(before, kRequests / 3, 150);
  EXPECT_FALSE(scene.group.mark("a2").anomalous);
}

TEST(Algorithms, WithoutMitigationAnAnomalyIsOnlySeen) {
  Scene scene(with(elb::Algorithm::kWeightedRandom));
  scene.serve(0, "b1");
  scene.group.judge(5 * kSecond);
  EXPECT_TRUE(scene.group.mark("b1").anomalous);
  EXPECT_NEAR(scene.serve()["b1"], kRequests / 3, 150);
}

TEST(Algorithms, WhatAllDoIsNoAnomaly) {
  Scene scene(with(elb::Algorithm::kWeightedRandom));
  for (int i = 0; i < kRequests; ++i) scene.group.count_answer(scene.pick(), 500);
  EXPECT_TRUE(scene.group.judge(5 * kSecond).empty());
}

TEST(SlowStart, ANewTargetBesideOthersRampsUpTheFirstOnesDoNot) {
  GroupPolicy policy;
  policy.slow_start = 40 * kSecond;
  Scene scene(policy);
  EXPECT_NEAR(scene.serve(kSecond)["a1"], kRequests / 3, 5) << "the first ones begin at once";
  scene.group.update({spec("a1"), spec("a2"), spec("b1"), spec("c1")}, 100 * kSecond);
  scene.group.record_check("c1", true, "", 100 * kSecond);
  // Its turn counts in proportion to its share: of 3 + share.
  const auto wanted = [](double share) { return kRequests * share / (3 + share); };
  EXPECT_EQ(scene.serve(100 * kSecond)["c1"], 0);
  EXPECT_NEAR(scene.serve(110 * kSecond)["c1"], wanted(0.25), 80);
  EXPECT_NEAR(scene.serve(120 * kSecond)["c1"], wanted(0.5), 80);
  EXPECT_NEAR(scene.serve(140 * kSecond)["c1"], kRequests / 4, 5);
}

TEST(SlowStart, AnUnhealthyTargetBeginsAnew) {
  GroupPolicy policy;
  policy.slow_start = 40 * kSecond;
  Scene scene(policy);
  for (int i = 0; i < 2; ++i) scene.group.record_check("a1", false, "x", kSecond);
  for (int i = 0; i < 2; ++i) scene.group.record_check("a1", true, "", 10 * kSecond);
  EXPECT_EQ(scene.serve(10 * kSecond)["a1"], 0);
  EXPECT_NEAR(scene.serve(50 * kSecond)["a1"], kRequests / 3, 5);
}

TEST(CrossZone, WithoutItANodeUsesItsOwnZone) {
  GroupPolicy policy;
  policy.only_zone = "a";
  Scene scene(policy);
  EXPECT_EQ(scene.serve().count("b1"), 0U);
  for (const char* id : {"a1", "a2"}) {
    for (int i = 0; i < 2; ++i) scene.group.record_check(id, false, "x", 0);
  }
  EXPECT_NE(scene.pick(), "b1") << "fail-open stays in the zone";
  policy.only_zone = "c";
  scene.group.set_policy(policy);
  EXPECT_EQ(scene.pick(), "none") << "503, as with an ALB whose zone is empty";
}

TEST(RoutingMinimum, WithFewerHealthyTargetsAllGetRequests) {
  GroupPolicy policy;
  policy.routing_minimum.count = 2;
  Scene scene(policy);
  for (int i = 0; i < 2; ++i) scene.group.record_check("a1", false, "x", 0);
  EXPECT_EQ(scene.serve().count("a1"), 0U) << "two are healthy";
  for (int i = 0; i < 2; ++i) scene.group.record_check("a2", false, "x", 0);
  EXPECT_EQ(scene.serve().size(), 3U) << "one is not enough";
  policy.routing_minimum.count = 1;
  policy.routing_minimum.percent = 50;
  scene.group.set_policy(policy);
  EXPECT_EQ(scene.serve().size(), 3U) << "a third is less than half";
  policy.routing_minimum.percent = 30;
  scene.group.set_policy(policy);
  EXPECT_EQ(scene.serve().size(), 1U);
}

}  // namespace
}  // namespace multiaz::lb
