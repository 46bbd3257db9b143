#include "chaos/checkers/stop_conditions.h"

#include <gtest/gtest.h>

#include "chaos/fis/template.h"
#include "chaos/plan/scenario_file.h"

namespace multiaz::chaos {
namespace {

constexpr Nanos kBegan = 100 * kSecond;

// The observation when the load is so old; "" = the condition is not met.
std::string met(const char* name, const Timeline& timeline, Nanos age,
                const std::vector<Finding>& findings = {}) {
  return find_stop_condition(name)
      ->met(timeline, findings, kBegan, kBegan + age)
      .value_or(std::string());
}

// One request every 100 ms; each n-th fails, and each takes so long.
Timeline load(Nanos lasting, size_t nth_fails, Nanos takes, Path path = Path::kOrder) {
  Timeline out;
  size_t number = 0;
  for (Nanos at = 0; at < lasting; at += kSecond / 10) {
    const bool ok = nth_fails == 0 || ++number % nth_fails != 0;
    out.record(path, kBegan + at, kBegan + at + takes, ok);
  }
  return out;
}

TEST(StopConditions, FailingRequestsAreHalfOfTheLastFiveSeconds) {
  const Nanos quick = 5 * kMillisecond;
  EXPECT_EQ(met("failing-requests", load(20 * kSecond, 3, quick), 20 * kSecond), "");
  EXPECT_EQ(met("failing-requests", load(20 * kSecond, 2, quick), 20 * kSecond),
            "25 of 50 requests failed in the last 5 s");
  EXPECT_EQ(met("failing-requests", load(kSecond, 1, quick), kSecond), "") << "ten say nothing";
  EXPECT_EQ(met("failing-requests", load(20 * kSecond, 1, quick), 30 * kSecond), "")
      << "what is over is over";
}

TEST(StopConditions, SlowRequestsAreMeasuredByTheirTail) {
  EXPECT_EQ(met("slow-requests", load(20 * kSecond, 0, kSecond), 20 * kSecond), "");
  EXPECT_EQ(met("slow-requests", load(20 * kSecond, 0, 2 * kSecond), 20 * kSecond),
            "p99 was 2000 ms in the last 5 s");
}

TEST(StopConditions, WhatWasAskedBeforeTheShopWasWarmDoesNotCount) {
  Timeline logins;  // many at once, each with a costly password; they end after the warm-up
  for (size_t i = 0; i < 50; ++i) {
    logins.record(Path::kOrder, kBegan - 2 * kSecond, kBegan + i * kMillisecond, i % 2 == 0);
  }
  EXPECT_EQ(met("slow-requests", logins, kSecond), "");
  EXPECT_EQ(met("failing-requests", logins, kSecond), "");
}

TEST(StopConditions, OrdersAreMissedAfterTenSeconds) {
  const Nanos quick = 5 * kMillisecond;
  const Timeline browses = load(20 * kSecond, 0, quick, Path::kBrowse);
  EXPECT_EQ(met("no-orders", browses, 9 * kSecond), "") << "the load has only begun";
  EXPECT_NE(met("no-orders", browses, 10 * kSecond), "");
  const Timeline orders = load(5 * kSecond, 0, quick);
  EXPECT_EQ(met("no-orders", orders, 14 * kSecond), "");
  EXPECT_NE(met("no-orders", orders, 16 * kSecond), "");
}

TEST(StopConditions, OneLostWriteIsEnough) {
  EXPECT_EQ(met("lost-acks", Timeline(), kSecond), "");
  const Finding lost = {Finding::Kind::kLostWrite, "s7", "line 3", "was acknowledged, is missing"};
  EXPECT_EQ(met("lost-acks", Timeline(), kSecond, {lost}), "s7: was acknowledged, is missing");
}

TEST(StopConditions, AreNamedInScenariosAndAsAlarmsOfTemplates) {
  const auto read = read_scenario("s.toml", "title = \"t\"\nstop_when = [\"no-orders\"]");
  ASSERT_TRUE(read.ok());
  const auto again = read_scenario("again.toml", to_toml(*read));
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_EQ(again->stop_when, std::vector<std::string>{"no-orders"});
  const auto wrong = read_scenario("s.toml", "title = \"t\"\nstop_when = [\"hunger\"]");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().detail.find("unknown stop condition \"hunger\": lost-acks (a shopper"),
            std::string::npos);
  const auto fis = [](const std::string& alarm) {
    return read_fis(R"({"description":"d","roleArn":"r","targets":{},
      "actions":{"w":{"actionId":"aws:fis:wait","parameters":{"duration":"PT1M"}}},
      "stopConditions":[{"source":"aws:cloudwatch:alarm",
      "value":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:)" +
                    alarm + R"("}]})");
  };
  const auto known = fis("failing-requests");
  ASSERT_TRUE(known.ok()) << known.error().detail;
  EXPECT_EQ(known->alarms, std::vector<std::string>{"failing-requests"});
  EXPECT_FALSE(fis("hunger").ok());
}

}  // namespace
}  // namespace multiaz::chaos
