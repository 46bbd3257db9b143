// Roles and health, derived from views and reports.
#include "orchestrator/ec2/roles.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace multiaz::orchestrator {
namespace {

using replication::View;

struct World {
  Plan plan = build_plan(Config(), 20);
  std::map<std::string, Instance> instances;
  Views views;
  std::set<std::string> paused;

  World() {
    for (const PlannedInstance& planned : plan.instances) {
      Instance one = fresh(planned);
      one.id = planned.id;
      one.tier = planned.tier;
      one.state = InstanceState::kReady;
      one.health = "healthy";
      instances[one.id] = one;
    }
    set_view("cache", 1, "cache-a1", {"cache-a1", "cache-b1", "cache-c1"});
    set_view("db", 1, "db-a1", {"db-a1", "db-b1"});
  }
  void set_view(const std::string& group, uint64_t epoch, const std::string& primary,
                const std::vector<std::string>& in_sync) {
    View view;
    view.epoch = Epoch(epoch);
    view.primary = NodeId(primary);
    for (const std::string& id : in_sync) view.in_sync.push_back({NodeId(id), Incarnation("i")});
    views[group] = view;
    MemberFacts& facts = instances[primary].member;
    facts = MemberFacts();
    facts.epoch = epoch;
    facts.serving = true;
    for (const GroupMember& member : plan.group(group)->members) {
      facts.peers.push_back({member.id, member.candidate, true, 5});
    }
  }
  [[nodiscard]] std::vector<std::string> reasons() const {
    return check_health(plan, instances, views, paused).reasons;
  }
};

using Lines = std::vector<std::string>;

TEST(Roles, FollowTheView) {
  World w;
  EXPECT_EQ(role_of(w.plan, w.views, "db-a1"), "primary");
  EXPECT_EQ(role_of(w.plan, w.views, "db-b1"), "standby");
  EXPECT_EQ(role_of(w.plan, w.views, "db-c1"), "replica");
  EXPECT_EQ(role_of(w.plan, w.views, "cache-b1"), "replica");
  EXPECT_EQ(role_of(w.plan, w.views, "web-a1"), "");
  w.set_view("db", 2, "db-b1", {"db-b1"});
  EXPECT_EQ(role_of(w.plan, w.views, "db-b1"), "primary");
  EXPECT_EQ(role_of(w.plan, w.views, "db-a1"), "standby");
  EXPECT_EQ(lag_ms_of(w.instances, w.views, w.instances["db-a1"]), 5U);
}

TEST(Roles, TheLagOfAMemberThatWasNotHeardYetIsUnknown) {
  World w;
  w.set_view("db", 2, "db-b1", {"db-b1"});
  w.instances["db-b1"].member.peers[0].lag_ms = UINT64_MAX;
  EXPECT_EQ(lag_ms_of(w.instances, w.views, w.instances["db-a1"]), std::nullopt);
  w.instances["db-b1"].member.peers.clear();
  EXPECT_EQ(lag_ms_of(w.instances, w.views, w.instances["db-a1"]), std::nullopt);
  EXPECT_EQ(lag_ms_of(w.instances, w.views, w.instances["db-b1"]), 0U);
  EXPECT_EQ(lag_ms_of(w.instances, w.views, w.instances["web-a1"]), 0U);
}

TEST(Health, IsGoodWhenAllIsFilledAndInSync) {
  World w;
  EXPECT_EQ(w.reasons(), Lines{});
}

TEST(Health, NamesEveryReason) {
  World w;
  w.instances["web-a1"].state = InstanceState::kStarting;
  w.instances["web-b1"].health = "no database";
  w.instances["lb-a1"].silent = true;
  w.instances["lb-b1"].stopped = true;
  w.set_view("db", 2, "db-b1", {"db-b1"});
  w.instances["cache-a1"].member.peers[1].connected = false;
  EXPECT_EQ(
      w.reasons(),
      (Lines{"lb-a1 is silent", "lb-b1 is stopped", "web-a1 is starting", "web-b1: no database",
             "cache: cache-b1 is not connected to its primary", "db: db-a1 is not in sync"}));
}

TEST(Health, AGroupNeedsAPrimaryThatServesInItsEpoch) {
  World w;
  w.instances["db-a1"].member.epoch = 0;
  w.views.erase("cache");
  EXPECT_EQ(w.reasons(), (Lines{"cache has no primary yet",
                                "db: db-a1 does not serve yet as primary of epoch 1"}));
}

TEST(Health, AGroupThatIsBeingRestoredIsNotWellThoughItStillServes) {
  World w;
  w.paused = {"db"};
  EXPECT_EQ(w.reasons(), Lines{"db is being restored from a snapshot"});
}

}  // namespace
}  // namespace multiaz::orchestrator
