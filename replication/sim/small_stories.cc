// Stories of a few events each, around a change of the view. The scheduled events happen at any
// point among the consequences of the others.
#include <functional>

#include "replication/sim/explore.h"

namespace multiaz::replication::sim {
namespace {

constexpr uint32_t kPrimary = 0;  // in a world that has just started

void at_once(World& world, std::function<void()> action) {
  const uint64_t event = world.scheduler().waiting();
  world.scheduler().after(0, [&world, event, action = std::move(action)] {
    world.happened(event);
    action();
  });
}
void write(World& world, uint32_t member) {
  at_once(world, [&world, member] { world.clients().write_to(member, [](Outcome, Lsn) {}); });
}
void read(World& world, uint32_t member) {
  at_once(world, [&world, member] { world.clients().read_from(member, [](Outcome, Lsn) {}); });
}
void die(World& world, uint32_t member, Nanos restart = 0) {
  at_once(world, [&world, member, restart] { world.instances().crash(member, restart); });
}
void switch_over(World& world) {
  at_once(world, [&world] { world.control().ask(SwitchoverRequest{}); });
}
void primary_dies(World& world) {
  write(world, kPrimary);
  die(world, kPrimary);
}

void primary_is_gone(World& world) {
  die(world, kPrimary, kSecond);
}

void primary_dies_reads_elsewhere(World& world) {
  write(world, kPrimary);
  die(world, kPrimary, kSecond);
  world.when_next_view([&world] {
    write(world, 1);
    read(world, 1);
  });
}

void two_die(World& world) {
  write(world, kPrimary);
  die(world, kPrimary);
  die(world, 1);
}

void switchover(World& world) {
  write(world, kPrimary);
  switch_over(world);
  read(world, kPrimary);
}

void switchover_primary_dies(World& world) {
  write(world, kPrimary);
  switch_over(world);
  die(world, kPrimary);
}

void switchover_target_dies(World& world) {
  write(world, kPrimary);
  switch_over(world);
  die(world, 1);
}

void manager_dies(World& world) {
  write(world, kPrimary);
  die(world, kPrimary);
  world.when_next_view([&world] { world.control().crash(0); });
}

// Every member has got the newest view. An older copy that no member can contradict would be
// another story (docs/replication.md, what is not guaranteed).
void manager_forgets(World& world) {
  at_once(world, [&world] { world.control().restart_from_older_copy(1); });
  write(world, 1);
  die(world, kPrimary);
}
void one_switchover(World& world) {
  world.control().ask(SwitchoverRequest{});
  world.run_until([&world] { return !world.node(kPrimary).serves(); }, kSecond);
}

void dies_between_effects(World& world) {
  world.instances().deaths(1);
  write(world, kPrimary);
  switch_over(world);
}

void empty_restart(World& world) {
  write(world, kPrimary);
  at_once(world, [&world] { world.instances().empty_restart(kPrimary, 0); });
}

// The stopped primary continues, with all that waits for it, while the next view is sent.
void stop_primary(World& world) {
  world.instances().pause(kPrimary, 0);
}
void stopped_goes_on(World& world) {
  write(world, 1);
  write(world, kPrimary);
  read(world, kPrimary);
  at_once(world, [&world] { world.node(kPrimary).resume(); });
}

// Clients use both sides of a cut while the view that decides between the sides is sent.
void cut_off(World& world) {
  world.network().cut(kPrimary, 1, true);
  world.network().cut(1, kPrimary, true);
}
void used_by_its_clients(World& world) {
  write(world, kPrimary);
  read(world, kPrimary);
}
void used_on_both_sides(World& world) {
  write(world, kPrimary);
  read(world, kPrimary);
  write(world, 1);
  read(world, 1);
}

// A secondary comes back; the primary dies around the view that adds it to the in-sync set.
void lose_secondary(World& world) {
  world.instances().crash(1, 0);
  world.run_until([&world] { return world.control().latest_view().in_sync.size() == 1; }, kSecond);
}
void dies_at_a_join(World& world) {
  write(world, kPrimary);
  die(world, kPrimary);
}

}  // namespace

const std::vector<SmallStory>& small_stories() {
  constexpr Nanos kMs = kMillisecond;
  static const std::vector<SmallStory> kStories = {
      {"primary-dies-2", "a write, and the primary dies and restarts", 2, 5 * kMs, primary_dies},
      {"primary-gone-3", "the primary of three dies", 3, 5 * kMs, primary_is_gone},
      {"next-primary-2", "the primary dies, the next one is used", 2, 5 * kMs,
       primary_dies_reads_elsewhere},
      {"two-die-2", "both members die and restart", 2, 5 * kMs, two_die, nullptr, false, true},
      {"switchover-2", "a switchover between a write and a read", 2, 5 * kMs, switchover},
      {"switchover-3", "the same with three members", 3, 5 * kMs, switchover},
      {"switchover-primary-dies-2", "the primary dies while it hands over", 2, 5 * kMs,
       switchover_primary_dies, nullptr, false, true},
      {"switchover-target-dies-2", "its successor dies meanwhile", 2, 5 * kMs,
       switchover_target_dies, nullptr, false, true},
      {"manager-dies-2", "the manager dies around the view it makes", 2, 5 * kMs, manager_dies},
      {"manager-forgets-2", "the manager comes back with an older file", 2, 100 * kMs,
       manager_forgets, one_switchover},
      {"between-effects-2", "somebody dies between two effects of a switchover", 2, 5 * kMs,
       dies_between_effects},
      {"empty-restart-2", "the primary comes back at once, and empty", 2, 5 * kMs, empty_restart},
      {"stopped-2", "a stopped primary goes on as it is replaced", 2, 5 * kMs, stopped_goes_on,
       stop_primary, true},
      {"cut-2", "both sides of a cut are used", 2, 5 * kMs, used_on_both_sides, cut_off, true},
      {"cut-3", "a primary that one of two has lost is used", 3, 5 * kMs, used_by_its_clients,
       cut_off, true},
      {"join-2", "the primary dies around a join", 2, 5 * kMs, dies_at_a_join, lose_secondary,
       true},
  };
  return kStories;
}

}  // namespace multiaz::replication::sim
