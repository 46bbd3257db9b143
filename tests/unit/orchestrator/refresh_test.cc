// Whether an instance refresh goes well: facts go in, a status comes out.
#include "orchestrator/asg/refresh.h"

#include <gtest/gtest.h>

#include <optional>

#include "orchestrator/asg/asg.h"

namespace multiaz::orchestrator {
namespace {

RefreshFacts instance(const std::string& id, uint64_t version, bool warm = true) {
  RefreshFacts out;
  out.member.id = id;
  out.member.version = version;
  out.member.running = true;
  out.member.in_service = out.member.warm = warm;
  return out;
}

Refresh under_way() {
  Refresh refresh;
  refresh.number = 1;
  refresh.status = RefreshStatus::kInProgress;
  refresh.from = 1;
  refresh.to = 2;
  return refresh;
}

std::string after(const Refresh& refresh, const std::vector<RefreshFacts>& facts) {
  const Refresh next = look_at_refresh(refresh, facts, RefreshLimits());
  return std::string(to_string(next.status)) + (next.reason.empty() ? "" : ": " + next.reason);
}

TEST(Refresh, EndsWhenAllAreOfTheNewVersionAndWarm) {
  EXPECT_EQ(after(under_way(), {instance("web-a1", 1), instance("web-b1", 2)}), "InProgress");
  EXPECT_EQ(after(under_way(), {instance("web-a1", 2), instance("web-b1", 2, false)}),
            "InProgress");
  EXPECT_EQ(after(under_way(), {instance("web-a1", 2), instance("web-b1", 2)}), "Successful");
  EXPECT_EQ(percent_complete(under_way(), {instance("web-a1", 1), instance("web-b1", 2)}), 50);
}

TEST(Refresh, ProtectedInstancesMayStayOld) {
  auto old = instance("web-a1", 1);
  old.member.is_protected = true;
  EXPECT_EQ(after(under_way(), {old, instance("web-b1", 2)}), "Successful");
}

TEST(Refresh, RollsBackForEachKindOfTrouble) {
  const auto old = instance("web-a1", 1);
  auto dies = instance("web-b1", 2, false);
  dies.deaths = 2;
  EXPECT_EQ(after(under_way(), {old, dies}), "RollbackInProgress: web-b1 ended 2 times");
  auto slow = instance("web-b1", 2, false);
  slow.pending_ms = 10'000;
  EXPECT_EQ(after(under_way(), {old, slow}),
            "RollbackInProgress: web-b1 is not in service after 10000 ms");
  auto sick = instance("web-b1", 2);
  sick.unhealthy = "Target.ResponseCodeMismatch";
  EXPECT_EQ(after(under_way(), {old, sick}),
            "RollbackInProgress: web-b1 is unhealthy: Target.ResponseCodeMismatch");
  auto wrong = instance("web-b1", 2);
  wrong.requests = 100;
  wrong.errors_5xx = 30;
  EXPECT_EQ(after(under_way(), {old, wrong}),
            "RollbackInProgress: web-b1 answered 30 of 100 requests with 5xx");
  auto also = old;
  also.requests = 100;
  also.errors_5xx = 25;
  EXPECT_EQ(after(under_way(), {also, wrong}), "InProgress") << "it is not the new version's fault";
}

TEST(Refresh, TheOldVersionsErrorsCountAlsoWhenNoneOfItIsLeft) {
  auto old = instance("web-a1", 1);
  old.requests = 300;
  old.errors_5xx = 100;
  auto fresh = instance("web-b1", 2);
  fresh.requests = 90;
  fresh.errors_5xx = 31;
  const Refresh seen = look_at_refresh(under_way(), {old, fresh}, RefreshLimits());
  EXPECT_EQ(seen.status, RefreshStatus::kInProgress);
  EXPECT_EQ(seen.old_errors_percent, 33);
  EXPECT_EQ(after(seen, {fresh}), "Successful");
  fresh.errors_5xx = 80;
  EXPECT_EQ(after(seen, {fresh}), "RollbackInProgress: web-b1 answered 80 of 90 requests with 5xx");
  EXPECT_EQ(after(under_way(), {fresh}),
            "RollbackInProgress: web-b1 answered 80 of 90 requests with 5xx");
}

TEST(Refresh, WhoHasNotAnsweredYetHasTimeToStart) {
  auto starts = instance("web-b1", 2, false);
  starts.pending_ms = 5000;
  starts.unhealthy = "Target.FailedHealthChecks: Health checks failed: connection refused";
  EXPECT_EQ(after(under_way(), {instance("web-a1", 1), starts}), "InProgress");
  starts.has_served = true;
  EXPECT_EQ(after(under_way(), {instance("web-a1", 1), starts}),
            "RollbackInProgress: web-b1 is unhealthy: " + starts.unhealthy);
}

TEST(Refresh, ARollbackEndsWhenTheOldVersionIsEverywhere) {
  auto bad = instance("web-b1", 2, false);
  bad.deaths = 5;
  const Refresh back = look_at_refresh(under_way(), {instance("web-a1", 1), bad}, RefreshLimits());
  EXPECT_EQ(back.to, 1U);
  EXPECT_EQ(after(back, {instance("web-a1", 1), bad}), "RollbackInProgress: web-b1 ended 5 times");
  EXPECT_EQ(after(back, {instance("web-a1", 1)}), "RollbackSuccessful: web-b1 ended 5 times");
}

TEST(Refresh, WithoutRollbackItFails) {
  Refresh refresh = under_way();
  refresh.auto_rollback = false;
  auto dies = instance("web-b1", 2, false);
  dies.deaths = 3;
  EXPECT_EQ(after(refresh, {dies}), "Failed: web-b1 ended 3 times");
}

TEST(AsgState, JsonGivesTheSameBack) {
  AsgState state;
  ScalingPolicy step;
  step.name = "steps";
  step.type = PolicyType::kStep;
  step.target = 70;
  step.steps = {{0, 20, 1}, {20, std::numeric_limits<double>::infinity(), 3}};
  ScalingPolicy tracking;
  tracking.name = "cpu";
  tracking.target = 50;
  tracking.disable_scale_in = true;
  state.policies = {step, tracking};
  state.standby = {"web-b1"};
  state.scheduled = {{"morning", 1'800'000'000'000, 86'400'000, "0 8 * * *", 2, std::nullopt, 20}};
  state.hooks = {{"warm", true, 5000, true}, {"save", false, 6000, false}};
  state.suspended = {"AZRebalance"};
  state.protected_ = {"web-a1"};
  state.termination = TerminationPolicy::kNewestInstance;
  state.version = 7;
  state.refresh = under_way();
  state.refresh.status = RefreshStatus::kRollbackSuccessful;
  state.refresh.reason = "web-b1 ended";
  const auto again = asg_from_json(asg_to_json(state));
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, state);
  EXPECT_EQ(asg_from_json("{}").error().code, Code::kCorrupt);
  EXPECT_EQ(asg_from_json("nonsense").error().code, Code::kCorrupt);
}

TEST(AsgState, BadPoliciesNameWhatIsAllowed) {
  EXPECT_EQ(policy_from_json(R"({"name":"x","metric":"memory","target":5})").error().detail,
            "scaling policy: \"metric\" is one of cpu, requests, not 'memory'");
  EXPECT_EQ(check_capacity(1, 9, 5, 100).error().detail,
            "New SetDesiredCapacity value 9 is above max value 5 for the AutoScalingGroup.");
}

}  // namespace
}  // namespace multiaz::orchestrator
