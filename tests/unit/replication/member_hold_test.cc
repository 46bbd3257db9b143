// Appends that announce each other share one write and one sync; an announcement that is not kept
// delays no client for long.
#include <gtest/gtest.h>

#include "tests/unit/replication/member_cluster.h"

namespace multiaz::replication {
namespace {

uint64_t syncs(Node& node) {
  wire::StatusReport report;
  node.member->fill(report);
  return report.counters["log_syncs"];
}

rt::Task<void> announced_appends_share_a_sync(Cluster& cluster, Node& primary) {
  Node& secondary = *cluster.others(primary).front();
  const uint64_t before = syncs(primary);
  const uint64_t before_there = syncs(secondary);
  const Nanos began = monotonic_now();
  for (int i = 0; i < 20; ++i) {
    APPEND(primary, "text " + std::to_string(i));
    primary.member->more_to_come(i < 19);
    // One turn of the loop lies between two appends, as between two clients.
    co_await rt::yield();
  }
  const auto all = [&] { return primary.machine.acknowledged.size() == 20; };
  WAIT_FOR(all);
  // There is at most one for each time that the waiting ended, and one for the last append.
  const uint64_t most = (monotonic_now() - began) / (kHoldMs * kMillisecond) + 2;
  EXPECT_LE(syncs(primary) - before, most);
  EXPECT_LE(syncs(secondary) - before_there, most);
}

rt::Task<void> nothing_came(Cluster& cluster, Node& primary) {
  APPEND(primary, "alone");
  primary.member->more_to_come(true);
  const auto first = [&] { return primary.machine.acknowledged.count("alone") == 1; };
  WAIT_FOR(first, 1000);
  APPEND(primary, "next");
  const auto second = [&] { return primary.machine.acknowledged.count("next") == 1; };
  WAIT_FOR(second, 1000);
}

rt::Task<void> held_when_the_role_goes(Cluster& cluster, Node& primary) {
  APPEND(primary, "held");
  primary.member->more_to_come(true);
  SwitchoverRequest request;
  cluster.manage(request);
  const Node* const next = co_await cluster.next_primary(primary);
  REQUIRE_THAT(next);
  // The switchover waits for the records that were appended before it.
  const auto kept = [&] { return cluster.everybody_has({"held"}); };
  WAIT_FOR(kept);
  EXPECT_EQ(primary.machine.acknowledged.count("held"), 1u);
}

ClusterOptions on_disk() {
  ClusterOptions options;
  options.durability = Durability::kDisk;
  return options;
}

TEST(MemberHold, AnnouncedAppendsShareASync) {
  run_scenario(on_disk(), announced_appends_share_a_sync);
}
TEST(MemberHold, AnAnnouncementThatIsNotKeptDelaysNobodyForLong) {
  run_scenario(on_disk(), nothing_came);
}
TEST(MemberHold, WhatIsHeldIsNotLostWhenTheRoleIsHandedOver) {
  run_scenario(on_disk(), held_when_the_role_goes);
}

}  // namespace
}  // namespace multiaz::replication
