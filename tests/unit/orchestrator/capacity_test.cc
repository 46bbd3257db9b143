// Capacity of an Auto Scaling group, as stories with a simple model of it: a launched instance is
// in service one step later, and a terminated one is gone one step later.
#include "orchestrator/asg/capacity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/core/random.h"

namespace multiaz::orchestrator {
namespace {

using Lines = std::vector<std::string>;

struct Group {
  CapacityView view;
  int next = 1;
  Nanos clock = 1;
  bool launches_work = true;
  size_t most = 0;                 // the most instances at one time, over all steps
  int64_t least_useful = 1 << 30;  // the fewest in service at one time since watch()

  explicit Group(int64_t desired, std::vector<std::string> zones = {"az-a", "az-b", "az-c"}) {
    view.desired = desired;
    view.zones = std::move(zones);
  }
  int64_t useful() const {
    return std::count_if(view.members.begin(), view.members.end(),
                         [](const CapacityMember& one) { return one.in_service && !one.leaving; });
  }
  void watch() { least_useful = useful(); }

  // One step: launched instances come into service, leaving ones are gone, and then the planner
  // looks. Returns its decisions: "launch az-a", "terminate web-3".
  Lines step() {
    ++clock;
    std::erase_if(view.members, [](const CapacityMember& one) { return one.leaving; });
    for (CapacityMember& one : view.members) {
      one.warm = one.in_service;
      one.running = one.running || !view.lost.contains(one.zone);  // restarted in place
      if (one.running && (launches_work || one.in_service)) one.in_service = true;
    }
    Lines out;
    for (const CapacityAction& action : plan_capacity(view)) {
      if (action.kind == CapacityAction::Kind::kLaunch) {
        out.push_back("launch " + action.zone);
        CapacityMember one;
        one.id = "web-" + std::to_string(next++);
        one.zone = action.zone;
        one.running = true;
        one.version = view.version;
        one.launched_at = clock;
        view.members.push_back(one);
      } else {
        out.push_back("terminate " + action.id);
        member(action.id).leaving = true;
      }
    }
    most = std::max(most, view.members.size());
    least_useful = std::min(least_useful, useful());
    return out;
  }
  // Takes steps until none decides anything; returns how many did.
  int settle(int steps_max = 200) {
    int steps = 0, quiet = 0;
    while (quiet < 3) {
      if (step().empty())
        ++quiet;
      else
        quiet = 0, ++steps;
      if (steps > steps_max) ADD_FAILURE() << "does not settle";
      if (steps > steps_max) break;
    }
    return steps;
  }
  CapacityMember& member(const std::string& id) {
    return *std::find_if(view.members.begin(), view.members.end(),
                         [&](const CapacityMember& one) { return one.id == id; });
  }
  std::map<std::string, int> zones() const {
    std::map<std::string, int> out;
    for (const CapacityMember& one : view.members) ++out[one.zone];
    return out;
  }
  void lose(const std::string& zone) {
    std::erase(view.zones, zone);
    view.lost.insert(zone);
    for (CapacityMember& one : view.members) {
      if (one.zone == zone) one.running = one.in_service = one.warm = false;
    }
  }
  void find(const std::string& zone) {
    view.lost.erase(zone);
    view.zones.push_back(zone);
    std::sort(view.zones.begin(), view.zones.end());
  }
};

using Spread = std::map<std::string, int>;

TEST(Capacity, SpreadsOverTheZonesAndThenIsQuiet) {
  Group group(7);
  EXPECT_EQ(group.step(), (Lines{"launch az-a", "launch az-b", "launch az-c", "launch az-a",
                                 "launch az-b", "launch az-c", "launch az-a"}));
  EXPECT_EQ(group.settle(), 0);
  EXPECT_EQ(group.zones(), (Spread{{"az-a", 3}, {"az-b", 2}, {"az-c", 2}}));
}

TEST(Capacity, ScaleInTakesFromTheFullestZoneTheOldestFirst) {
  Group group(7);
  group.settle();
  group.view.desired = 5;
  EXPECT_EQ(group.step(), (Lines{"terminate web-7", "terminate web-6"}));
  group.settle();
  EXPECT_EQ(group.zones(), (Spread{{"az-a", 2}, {"az-b", 2}, {"az-c", 1}}));
}

TEST(Capacity, TheTerminationPolicyChoosesInsideTheZone) {
  for (const auto& [policy, victim] : {std::pair{TerminationPolicy::kOldestInstance, "web-1"},
                                       {TerminationPolicy::kNewestInstance, "web-2"}}) {
    Group group(1, {"az-a"});
    group.settle();
    group.view.desired = 2;
    group.settle();
    group.view.policy = policy;
    group.view.desired = 1;
    EXPECT_EQ(group.step(), Lines{std::string("terminate ") + victim});
  }
}

TEST(Capacity, ProtectedInstancesStay) {
  Group group(3, {"az-a"});
  group.settle();
  for (CapacityMember& one : group.view.members) one.is_protected = one.id != "web-2";
  group.view.desired = 0;
  EXPECT_EQ(group.step(), Lines{"terminate web-2"});
  EXPECT_EQ(group.settle(), 0);
}

TEST(Capacity, ALostZoneIsMadeUpForAndRebalancedWhenItIsBack) {
  Group group(6);
  group.settle();
  group.lose("az-a");
  const Lines first = group.step();
  EXPECT_EQ(first, (Lines{"terminate web-1", "terminate web-4", "launch az-b", "launch az-c"}));
  EXPECT_EQ(group.settle(), 0);
  EXPECT_EQ(group.zones(), (Spread{{"az-b", 3}, {"az-c", 3}}));
  group.watch();
  group.most = 0;
  group.find("az-a");
  EXPECT_EQ(group.step(), Lines{"launch az-a"});
  EXPECT_LE(group.settle(), 4);
  EXPECT_EQ(group.zones(), (Spread{{"az-a", 2}, {"az-b", 2}, {"az-c", 2}}));
  EXPECT_EQ(group.least_useful, 6) << "launch before terminate";
  EXPECT_EQ(group.most, 7U) << "at most one above";
}

TEST(Capacity, SuspendedProcessesDoNothing) {
  Group group(2);
  group.view.suspended = {"Launch"};
  EXPECT_EQ(group.step(), Lines{});
  group.view.suspended = {};
  group.settle();
  group.view.desired = 1;
  group.view.suspended = {"Terminate"};
  EXPECT_EQ(group.step(), Lines{});
  group.view.desired = 2;
  group.view.suspended = {"AZRebalance"};
  for (CapacityMember& one : group.view.members) one.zone = "az-a";
  EXPECT_EQ(group.step(), Lines{});
}

TEST(Capacity, ARefreshLaunchesFirstAndNeverGoesBelowTheDesiredNumber) {
  Group group(6);
  group.settle();
  group.view.version = 2;
  group.view.renewal.under_way = true;
  group.view.renewal.max_healthy_percent = 120;  // one more than desired
  group.watch();
  group.most = 0;
  EXPECT_LE(group.settle(), 12);
  for (const CapacityMember& one : group.view.members) EXPECT_EQ(one.version, 2U);
  EXPECT_EQ(group.zones(), (Spread{{"az-a", 2}, {"az-b", 2}, {"az-c", 2}}));
  EXPECT_EQ(group.least_useful, 6);
  EXPECT_EQ(group.most, 7U);
}

TEST(Capacity, ARefreshMayTerminateFirst) {
  Group group(10, {"az-a", "az-b"});
  group.settle();
  group.view.version = 2;
  group.view.renewal = {true, 80, 100};
  group.watch();
  group.most = 0;
  group.settle();
  for (const CapacityMember& one : group.view.members) EXPECT_EQ(one.version, 2U);
  EXPECT_EQ(group.least_useful, 8);
  EXPECT_EQ(group.most, 10U);
}

TEST(Capacity, ABrokenVersionIsTakenBackWithoutTouchingTheOthers) {
  Group group(6);
  group.settle();
  group.launches_work = false;
  group.view.version = 2;
  group.view.renewal.under_way = true;
  EXPECT_EQ(group.step(), Lines{"launch az-a"});
  EXPECT_EQ(group.settle(), 0) << "the refresh waits for it";
  group.watch();
  group.view.version = 1;  // the rollback
  EXPECT_EQ(group.step(), Lines{"terminate web-7"});
  EXPECT_EQ(group.settle(), 0);
  EXPECT_EQ(group.least_useful, 6);
}

// After any events the group comes to rest within a bound of steps, with the desired number, evenly
// spread.
TEST(Capacity, SettlesAfterAnythingWithinABound) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    Group group(static_cast<int64_t>(random.below(20)), {"az-a", "az-b", "az-c", "az-d"});
    for (int happening = 0; happening < 20; ++happening) {
      const std::string zone = std::string("az-") + static_cast<char>('a' + random.below(4));
      switch (random.below(5)) {
        case 0: group.view.desired = static_cast<int64_t>(random.below(20)); break;
        case 1:
          if (group.view.zones.size() > 1 && !group.view.lost.contains(zone)) group.lose(zone);
          break;
        case 2:
          if (group.view.lost.contains(zone)) group.find(zone);
          break;
        case 3:
          ++group.view.version;
          group.view.renewal.under_way = true;
          group.view.renewal.max_healthy_percent = random.below(2) ? 100 : 150;
          group.view.renewal.min_healthy_percent = random.below(2) ? 50 : 90;
          break;
        default: break;
      }
      for (uint64_t i = random.below(4); i > 0; --i) group.step();
    }
    group.settle(60);
    ASSERT_EQ(static_cast<int64_t>(group.view.members.size()), group.view.desired) << seed;
    int least = 1000, most = 0;
    const Spread spread = group.zones();
    for (const std::string& zone : group.view.zones) {
      const auto found = spread.find(zone);
      const int n = found == spread.end() ? 0 : found->second;
      least = std::min(least, n);
      most = std::max(most, n);
    }
    ASSERT_LE(most - least, 1) << seed;
    for (const CapacityMember& one : group.view.members) {
      ASSERT_TRUE(!group.view.renewal.under_way || one.version == group.view.version)
          << seed << ": " << one.id << " in " << one.zone << " is of version " << one.version
          << ", running " << one.running << ", in service " << one.in_service;
    }
  }
}

}  // namespace
}  // namespace multiaz::orchestrator
