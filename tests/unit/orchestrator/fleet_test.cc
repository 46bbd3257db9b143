// Instances that are added and that leave, as stories with the real control plane and a clock that
// the test moves. The expectations are the outputs of each step.
#include <gtest/gtest.h>

#include <csignal>

#include "orchestrator/asg/targets.h"
#include "orchestrator/control/control_plane.h"
#include "orchestrator/sim/memory.h"

namespace multiaz::orchestrator {
namespace {

using Lines = std::vector<std::string>;

// A small plan: three load balancers and the web instances, without replication groups.
class FleetStory : public testing::Test {
 protected:
  FleetStory() : plane_(small_plan(), "test", memory_, {kSecond, 0}) {
    EXPECT_TRUE(plane_.load().ok());
    EXPECT_TRUE(memory_.set_meta("plan", plan_to_json(plane_.state().plan)).ok());
    lines(Adopt());
    for (const auto& [id, one] : plane_.state().instances) spawned(id);
    for (const auto& [id, one] : plane_.state().instances) report(id);
    balancers_see("healthy");
    tick();
  }

  static Plan small_plan() {
    Config config;
    config.web_count = 3;
    config.web_min = 1;
    config.web_max = 6;
    Plan plan = build_plan(config, kOctetMin);
    plan.groups.clear();
    std::erase_if(plan.instances,
                  [](const PlannedInstance& one) { return one.tier != "lb" && one.tier != "web"; });
    return plan;
  }

  // The step's effects as text: "spawn web-a1/2", "signal 9 web-a1", "kill web-a1: hung ...".
  Lines lines(const ControlEvent& event) {
    Lines out;
    for (const ControlEffect& effect : plane_.step({now_, 0}, event)) {
      if (const auto* e = std::get_if<SpawnProcess>(&effect)) {
        out.push_back("spawn " + e->id + "/" + std::to_string(e->launch));
      } else if (const auto* e = std::get_if<SignalProcess>(&effect)) {
        out.push_back("signal " + std::to_string(e->signum) + " " + e->id + ": " + e->why);
      } else if (const auto* e = std::get_if<LogEvent>(&effect)) {
        out.push_back(e->event.kind + " " + e->event.target + ": " + e->event.text);
      } else if (const auto* e = std::get_if<DeleteData>(&effect)) {
        out.push_back("delete " + e->id);
      }
    }
    return out;
  }
  // Ticks until a step has outputs, or until the time has passed.
  Lines until_news(uint64_t ms) {
    for (uint64_t passed = 0; passed < ms; passed += kTickMs) {
      const Lines out = tick();
      if (!out.empty()) return out;
    }
    return {};
  }
  Lines tick() {
    now_ += kTickMs * kMillisecond;
    for (const auto& [id, one] : plane_.state().instances) {
      if (one.running() && one.state == InstanceState::kReady && !mute_.contains(id)) report(id);
    }
    return lines(Tick());
  }
  void spawned(const std::string& id) {
    Spawned answer;
    answer.id = id;
    answer.launch = plane_.state().instance(id)->launch;
    answer.pid = 1;
    lines(answer);
  }
  void report(const std::string& id) {
    wire::StatusReport report;
    report.id = id;
    report.launch = plane_.state().instance(id)->launch;
    report.state = "ready";
    report.health = "healthy";
    report.topology_version = known_ ? plane_.state().topology_version : 0;
    if (id.starts_with("lb")) report.targets = targets_;
    lines(MessageSaid{id, report.launch, report});
  }
  void balancers_see(const std::string& health, const std::string& only = "") {
    targets_.clear();
    for (const auto& [id, one] : plane_.state().instances) {
      const bool it = only.empty() || only == id;
      if (one.scaled.on) targets_.push_back({id, it ? health : "healthy", "timed out", 0, 0});
    }
    for (const char* id : {"lb-a1", "lb-b1", "lb-c1"}) report(id);
  }
  void die(const std::string& id) {
    wire::Exited exited;
    exited.id = id;
    exited.launch = plane_.state().instance(id)->launch;
    exited.signal = SIGTERM;
    lines(Exited{exited});
  }
  template <typename Act>
  Lines order(Act act) {
    return lines(Ordered{[&](ControlPlane& plane) { act(plane); }});
  }

  Nanos now_ = 2 * kSecond;
  sim::Memory memory_;
  ControlPlane plane_;
  std::vector<wire::TargetStatus> targets_;
  std::set<std::string> mute_;  // ids that do not report
  bool known_ = true;           // whether the load balancers act on the newest topology
};

TEST_F(FleetStory, AllThatIsPlannedComesIntoServiceOnce) {
  for (const auto& [id, one] : plane_.state().instances) {
    EXPECT_EQ(one.launch, 1U) << id;
    if (one.scaled.on) EXPECT_NE(one.scaled.in_service_at, 0U) << id;
  }
  EXPECT_EQ(until_news(1000), Lines{});
}

TEST_F(FleetStory, AnInstanceLeavesWhenTheBalancersKnowAndIsForgottenWhenItHasEnded) {
  known_ = false;
  EXPECT_EQ(order([](ControlPlane& plane) { (void)plane.asg.terminate("web-a1", true); }),
            (Lines{"capacity web: desired capacity 3 -> 2: terminating web-a1",
                   "terminate web-a1: Terminating EC2 instance: web-a1: ordered"}));
  EXPECT_EQ(until_news(1000), Lines{});  // the load balancers still send it requests
  known_ = true;
  EXPECT_EQ(until_news(100), Lines{"signal 15 web-a1: leaving: ordered"});
  die("web-a1");
  EXPECT_EQ(until_news(100), (Lines{"terminated web-a1: Terminated", "delete web-a1"}));
  EXPECT_EQ(plane_.state().instance("web-a1"), nullptr);
  EXPECT_EQ(until_news(500), Lines{});
}

TEST_F(FleetStory, ABalancerThatNeverKnowsKeepsNobody) {
  known_ = false;
  order([](ControlPlane& plane) { (void)plane.asg.terminate("web-a1", true); });
  const Nanos began = now_;
  EXPECT_EQ(until_news(5000), Lines{"signal 15 web-a1: leaving: ordered"});
  EXPECT_GE(now_ - began, kBalancersToldMsMax * kMillisecond);
}

TEST_F(FleetStory, AnInstanceThatDoesNotEndIsKilledAfterTheDeregistrationDelay) {
  order([](ControlPlane& plane) { (void)plane.asg.terminate("web-a1", true); });
  EXPECT_EQ(until_news(100), Lines{"signal 15 web-a1: leaving: ordered"});
  const Nanos told = now_;
  EXPECT_EQ(until_news(60'000), Lines{"signal 9 web-a1: the deregistration delay is over"});
  EXPECT_GE(now_ - told, plane_.state().plan.asg.deregistration_ms * kMillisecond);
  EXPECT_EQ(until_news(1000), Lines{});  // SIGKILL is sent only once
}

TEST_F(FleetStory, ATerminateHookHoldsAnInstanceUntilItIsCompleted) {
  order([](ControlPlane& plane) {
    LifecycleHook hook;
    hook.name = "drain";
    hook.launching = false;
    (void)plane.asg.put_hook(hook);
    (void)plane.asg.terminate("web-a1", true);
  });
  EXPECT_EQ(until_news(100), Lines{"lifecycle web-a1: Terminating:Wait: EC2 Instance-terminate "
                                   "Lifecycle Action drain"});
  EXPECT_EQ(until_news(2000), Lines{});
  EXPECT_EQ(order([](ControlPlane& plane) { (void)plane.asg.complete_hook("web-a1", true); }),
            Lines{"lifecycle web-a1: CONTINUE: ordered"});
  EXPECT_EQ(until_news(100), Lines{"signal 15 web-a1: leaving: ordered"});
}

TEST_F(FleetStory, TheDiskRefusesAndNothingIsStarted) {
  memory_.refuse(true);
  die("web-b1");
  EXPECT_EQ(tick(), Lines{});  // an event of each attempt would fill the log
  EXPECT_EQ(plane_.state().instance("web-b1")->state, InstanceState::kDead);
  memory_.refuse(false);
  EXPECT_EQ(tick(), (Lines{"replace web-b1: replaces launch 1", "spawn web-b1/2"}));
}

TEST_F(FleetStory, WhatTheDiskRefusesIsNotInThePlan) {
  memory_.refuse(true);
  Bounds bounds;
  bounds.desired = 5;
  order([&](ControlPlane& plane) { EXPECT_FALSE(plane.group.set_bounds(bounds, "ordered").ok()); });
  EXPECT_EQ(plane_.state().plan.asg.desired, 3);
}

TEST_F(FleetStory, ANameThatComesBackGoesOnWithItsLaunchNumbers) {
  order([](ControlPlane& plane) { (void)plane.asg.terminate("web-a1", true); });
  until_news(100);
  die("web-a1");
  until_news(100);
  Bounds bounds;
  bounds.desired = 3;
  order([&](ControlPlane& plane) { (void)plane.group.set_bounds(bounds, "ordered"); });
  Lines all;
  for (int i = 0; i < 3; ++i) {
    for (const std::string& line : tick()) all.push_back(line);
    for (const std::string& line : lines(Due())) all.push_back(line);
  }
  EXPECT_EQ(all, (Lines{"launch web-a1: Launching a new EC2 instance: web-a1: 2 of 3 desired "
                        "instances",
                        "replace web-a1: replaces launch 1", "spawn web-a1/2"}));
}

TEST_F(FleetStory, MoreThanHalfOfTheBalancersCondemn) {
  balancers_see("unhealthy", "web-c1");
  const Lines news = until_news(10'000);
  ASSERT_FALSE(news.empty());
  EXPECT_EQ(news.front(),
            "kill web-c1: out of service in response to an ELB system health check failure: "
            "timed out");
  EXPECT_EQ(news.back(),
            "signal 9 web-c1: out of service in response to an ELB system health "
            "check failure: timed out");
}

// An adopted web tier of foreign programs, which report nothing.
class OwnApp : public testing::Test {
 protected:
  OwnApp() : plane_(plan(), "test", memory_, {kSecond, 0}) {
    EXPECT_TRUE(plane_.load().ok());
    wire::ProcessList running;
    for (const auto& [id, one] : plane_.state().instances) {
      running.processes.push_back({id, 1, 100, 0, id == "web-a1", one.mute ? 100 : 0});
    }
    (void)plane_.step({2 * kSecond, 0}, Adopt{running});
  }
  static Plan plan() {
    Config config;
    config.web_command = {"/usr/bin/app"};
    return build_plan(config, kOctetMin);
  }
  const Instance& see(const std::string& id, PortSeen::Holder holder, bool stopped) {
    now_ += 2 * kSecond;
    (void)plane_.step({now_, 0}, Tick());
    (void)plane_.step({now_, 0}, PortsSeen{{{id, 1, 0, holder, stopped}}});
    return *plane_.state().instance(id);
  }
  sim::Memory memory_;
  ControlPlane plane_;
  Nanos now_ = 2 * kSecond;
};

TEST_F(OwnApp, FoundStoppedIsBelievedWhenItGoesOn) {
  for (int i = 0; i < 30; ++i) {  // without ticks the awake clock moves slowly
    EXPECT_TRUE(see("web-a1", PortSeen::Holder::kOwn, true).stopped);
  }
  EXPECT_FALSE(see("web-a1", PortSeen::Holder::kOwn, false).stopped);
}

TEST_F(OwnApp, InStandbyIsHealthyAlthoughNoBalancerAsksIt) {
  (void)plane_.step({now_, 0}, Ordered{[](ControlPlane& plane) {
                      Instance& one = plane.context.state.instances.at("web-b1");
                      one.scaled.standby = true;
                      one.scaled.well = false;
                    }});
  EXPECT_EQ(see("web-b1", PortSeen::Holder::kOwn, false).health, "healthy");
  EXPECT_NE(see("web-b1", PortSeen::Holder::kNobody, false).health, "healthy");
}

TEST(Targets, OneOfThreeBalancersDoesNotCondemn) {
  std::map<std::string, Instance> instances;
  std::map<std::string, wire::StatusReport> reports;
  Instance& web = instances["web-a1"];
  web.id = "web-a1";
  web.scaled.on = true;
  started(web, 1, kSecond);
  for (const char* id : {"lb-a1", "lb-b1", "lb-c1"}) {
    instances[id].id = id;
    instances[id].tier = "lb";
    reports[id].targets = {{"web-a1", "healthy", "", 10, 1}};
  }
  reports["lb-b1"].targets = {{"web-a1", "unhealthy", "timed out", 5, 5}};
  EXPECT_TRUE(judge_targets(reports, kSecond, instances));  // it was not well before
  EXPECT_TRUE(web.scaled.well);
  EXPECT_EQ(web.scaled.unhealthy_since, 0U);
  EXPECT_EQ(web.scaled.requests, 25U);
  EXPECT_EQ(web.scaled.errors_5xx, 7U);
  EXPECT_FALSE(judge_targets(reports, kSecond, instances));  // nothing has changed
  reports["lb-a1"].targets = reports["lb-b1"].targets;
  EXPECT_TRUE(judge_targets(reports, 2 * kSecond, instances));
  EXPECT_EQ(web.scaled.unhealthy_since, 2 * kSecond);
  EXPECT_EQ(web.scaled.unhealthy, "timed out");
  instances["lb-a1"].silent = true;  // it does not count now: one against one is no majority
  judge_targets(reports, 3 * kSecond, instances);
  EXPECT_EQ(web.scaled.unhealthy_since, 0U);
}

}  // namespace
}  // namespace multiaz::orchestrator
