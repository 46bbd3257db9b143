// An orchestrator that takes over a running cluster, from an empty store or an older copy of it.
#include <gtest/gtest.h>

#include "orchestrator/control/control_plane.h"
#include "orchestrator/sim/memory.h"

namespace multiaz::orchestrator {
namespace {

// The supervisor may report an exit before it lists the processes that run.
TEST(AdoptionOfNothing, AnExitThatIsReportedBeforeItStartsNothing) {
  sim::Memory memory;
  ControlPlane plane(build_plan(Config(), kOctetMin), "test", memory, {kSecond, 0});
  ASSERT_TRUE(plane.load().ok());
  wire::Exited exited;
  exited.id = "web-a1";
  exited.launch = 1;
  for (const ControlEvent& event :
       {ControlEvent(Exited{exited}), ControlEvent(Tick()), ControlEvent(Due())}) {
    for (const ControlEffect& effect : plane.step({2 * kSecond, 0}, event)) {
      EXPECT_FALSE(std::holds_alternative<SpawnProcess>(effect));
    }
  }
}

TEST(AdoptionOfNothing, ALaunchNumberThatOnlyTheSupervisorKnowsIsNeverGivenAgain) {
  sim::Memory memory;
  ControlPlane plane(build_plan(Config(), kOctetMin), "test", memory, {kSecond, 0});
  ASSERT_TRUE(plane.load().ok());
  wire::ProcessList running;
  running.processes.push_back({"web-a9", 7, 0, 0, false, 0});  // it is forgotten and has ended
  (void)plane.step({2 * kSecond, 0}, Adopt{running});
  const auto stored = memory.launches();
  EXPECT_EQ(stored->at("web-a9"), 7U);
  EXPECT_EQ(plane.state().launches.at("web-a9"), 7U);
}

// Two replication groups whose members all run and report.
class Adoption : public testing::Test {
 protected:
  Adoption() : plane_(build_plan(Config(), kOctetMin), "test", memory_, {kSecond, 0}) {
    EXPECT_TRUE(plane_.load().ok());
  }
  void adopt(const std::string& stranger = "") {
    wire::ProcessList running;
    for (const auto& [id, one] : plane_.state().instances) {
      running.processes.push_back({id, 1, 100, 0, false, 0});
    }
    if (!stranger.empty()) running.processes.push_back({stranger, 1, 101, 0, false, 0});
    (void)plane_.step({2 * kSecond, 0}, Adopt{running});
  }
  // The name that the group's next member in the first zone gets.
  std::string next_cache_node() {
    const Plan& plan = plane_.state().plan;
    return next_member(plan, *plan.group("cache"), 0, plane_.state().strangers)->id;
  }
  std::string remove(const std::string& id) {
    std::string text = "not called";
    const auto act = [&](ControlPlane& plane) {
      const Status done = plane.members.remove(id);
      text = done ? "removed" : done.error().detail;
    };
    (void)plane_.step({3 * kSecond, 0}, Ordered{act});
    return text;
  }
  void bootstrap() {
    for (const GroupMember& member : plane_.state().plan.group("cache")->members) {
      wire::StatusReport report;
      report.id = member.id;
      report.launch = 1;
      report.state = "ready";
      report.health = "healthy";
      report.incarnation = member.id;
      (void)plane_.step({2 * kSecond, 0}, MessageSaid{member.id, 1, report});
    }
    (void)plane_.step({2 * kSecond, 0}, Tick());
  }
  std::string primary() { return plane_.state().views.at("cache").primary.raw; }

  sim::Memory memory_;
  ControlPlane plane_;
};

// Found by the simulator: the plan was an older copy, and a second process was started under the
// name of a replica that still ran.
TEST_F(Adoption, TheNameOfARunningStrangerIsNotGivenToANewMember) {
  adopt("cache-a2");
  EXPECT_EQ(next_cache_node(), "cache-a3");
  wire::Exited exited;
  exited.id = "cache-a2";
  exited.launch = 1;
  (void)plane_.step({2 * kSecond, 0}, Exited{exited});
  EXPECT_EQ(next_cache_node(), "cache-a2");
}

// Found by the simulator: the primary had ended, its successor's view could not be stored because
// the disk was full, and the successor was removed.
TEST_F(Adoption, AMemberThatIsAboutToBecomePrimaryIsNotRemoved) {
  adopt();
  bootstrap();
  const std::string first = primary();
  ASSERT_NE(first, "");
  memory_.refuse(true);
  wire::Exited exited;
  exited.id = first;
  exited.launch = 1;
  (void)plane_.step({2 * kSecond, 0}, Exited{exited});
  EXPECT_EQ(primary(), first);  // the others see what is stored
  const std::string next = plane_.groups.named("cache")->view().primary.raw;
  ASSERT_NE(next, first);
  EXPECT_EQ(remove(next), next +
                              " is the primary of cache: hand its role over first "
                              "(multiaz failover cache)");
}

TEST_F(Adoption, WhileThePrimaryRunsAnotherMemberIsRemoved) {
  adopt();
  bootstrap();
  const std::string first = primary();
  EXPECT_TRUE(remove(first).starts_with(first + " is the primary of cache"));
  EXPECT_EQ(remove(first == "cache-b1" ? "cache-c1" : "cache-b1"), "removed");
}

}  // namespace
}  // namespace multiaz::orchestrator
