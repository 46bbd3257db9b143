#include "orchestrator/rds/snapshots.h"

#include <gtest/gtest.h>

#include <map>

namespace multiaz::orchestrator {
namespace {

SnapshotInfo automated(const std::string& group, int64_t wall_ms) {
  SnapshotInfo one;
  one.name = automated_name(group, wall_ms);
  one.group = group;
  one.automated = true;
  one.status = "available";
  one.wall_ms = wall_ms;
  return one;
}

TEST(SnapshotSchedule, OneEachTimeAndTheOldestGo) {
  SnapshotSchedules schedules;
  schedules["db"] = {10'000, 2, 0};
  std::map<std::string, SnapshotInfo> all;
  std::string story;
  for (int64_t now = 0; now <= 50'000; now += 1000) {
    const SnapshotsDue due = snapshots_due(now, schedules, all);
    for (const std::string& group : due.take) {
      schedules[group].from_ms = now;
      const SnapshotInfo one = automated(group, now);
      all[one.name] = one;
      story += "take@" + std::to_string(now / 1000) + " ";
    }
    for (const std::string& name : due.drop) {
      story += "drop " + name.substr(name.size() - 2) + " ";
      all.erase(name);
    }
  }
  EXPECT_EQ(story, "take@10 take@20 take@30 drop 10 take@40 drop 20 take@50 ");
}

TEST(SnapshotSchedule, NeverTwoAtOnceAndManualOnesStay) {
  SnapshotSchedules schedules;
  schedules["db"] = {1000, 1, 0};
  std::map<std::string, SnapshotInfo> all;
  SnapshotInfo mine = automated("db", 1);
  mine.name = "mine";
  mine.automated = false;
  all["mine"] = mine;
  all["old"] = automated("db", 2);
  all["new"] = automated("db", 3);
  all["old"].name = "old";
  all["new"].name = "new";
  all["being-made"] = automated("db", 4);
  all["being-made"].status = "creating";
  const SnapshotsDue due = snapshots_due(60'000, schedules, all);
  EXPECT_TRUE(due.take.empty());
  EXPECT_EQ(due.drop, std::vector<std::string>({"old"}));
}

TEST(SnapshotSchedule, LimitsAreNamed) {
  EXPECT_TRUE(check_schedule({1000, 35, 0}).ok());
  EXPECT_NE(check_schedule({999, 7, 0}).error().detail.find("999 ms"), std::string::npos);
  EXPECT_NE(check_schedule({1000, 36, 0}).error().detail.find("1 to 35"), std::string::npos);
}

TEST(SnapshotName, FollowsTheRuleOfRds) {
  EXPECT_EQ(automated_name("db", 1'795'265'225'000), "auto-db-20261121-124705");
  for (const char* good : {"a", "before-the-test", "auto-db-20261121-124705"}) {
    EXPECT_TRUE(check_snapshot_name(good).ok()) << good;
  }
  for (const char* bad : {"", "1a", "a-", "a--b", "A", "../x", "a b", "a/b"}) {
    EXPECT_FALSE(check_snapshot_name(bad).ok()) << bad;
  }
}

TEST(SnapshotSource, IsAStandbyThatIsWell) {
  std::map<std::string, Instance> instances;
  replication::View view;
  view.epoch = Epoch(1);
  view.primary = NodeId("db-a1");
  for (const char* id : {"db-a1", "db-b1", "db-c1"}) {
    instances[id].id = id;
    instances[id].state = InstanceState::kReady;
    view.in_sync.push_back({NodeId(id), Incarnation("x")});
  }
  EXPECT_EQ(snapshot_source(view, instances), "db-b1");
  instances["db-b1"].stopped = true;
  EXPECT_EQ(snapshot_source(view, instances), "db-c1");
  instances["db-c1"].state = InstanceState::kStarting;
  EXPECT_EQ(snapshot_source(view, instances), "db-a1");
  instances["db-a1"].silent = true;
  EXPECT_EQ(snapshot_source(view, instances), "");
}

TEST(RestoredView, LooksLikeATotalOutage) {
  PlannedGroup group;
  group.name = "db";
  group.members = {{"db-a1", "az-a", true}, {"db-b1", "az-b", true}, {"db-c1", "az-c", false}};
  const replication::View view =
      restored_view(group, Epoch(7), {{"db-a1", "i1"}, {"db-b1", "i2"}, {"db-c1", "i3"}},
                    {{"db-a1", 4}, {"db-b1", 2}});
  EXPECT_EQ(replication::describe(view),
            "8 primary=db-a1/4 in_sync=db-a1:i1,db-b1:i2 learners=db-c1(replica)");
}

}  // namespace
}  // namespace multiaz::orchestrator
