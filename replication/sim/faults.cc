#include "replication/sim/faults.h"

#include <fmt/format.h>

namespace multiaz::replication::sim {
namespace {

Nanos some_ms(World& world, uint64_t low, uint64_t high) {
  return world.fate().draw().between(low, high) * kMillisecond / 100 *
         world.fate().strike_percent();
}

uint32_t anybody(World& world) {
  return static_cast<uint32_t>(world.fate().draw().below(world.size()));
}

uint32_t other_than(World& world, uint32_t member) {
  const uint32_t step = 1 + static_cast<uint32_t>(world.fate().draw().below(world.size() - 1));
  return (member + step) % world.size();
}

// Mostly chooses the primary, since faults do the most harm there.
uint32_t victim(World& world) {
  const View& view = world.control().latest_view();
  if (view.epoch.raw > 0 && world.fate().draw().percent(60)) return world.index_of(view.primary);
  return anybody(world);
}

void kill(World& world, uint32_t member, Nanos restart) {
  if (world.instances().may_crash(member)) world.instances().crash(member, restart);
}

void kill_one(World& world) {
  const Nanos restart =
      world.fate().draw().percent(40) ? some_ms(world, 5, 30) : some_ms(world, 100, 2500);
  kill(world, victim(world), restart);
}

void kill_two(World& world) {
  const uint32_t first = victim(world);
  kill(world, first, some_ms(world, 5, 2000));
  const uint32_t second = other_than(world, first);
  const Nanos restart = some_ms(world, 5, 2000);
  world.scheduler().after(some_ms(world, 0, 900),
                          [&world, second, restart] { kill(world, second, restart); });
}

void isolate(World& world, uint32_t member, bool on) {
  for (uint32_t peer = 0; peer < world.size(); ++peer) {
    if (peer == member) continue;
    world.network().cut(member, peer, on);
    world.network().cut(peer, member, on);
  }
}

// A plain kill proves little, since what the process had sent still arrives. So its links are cut
// first.
void cut_then_kill(World& world) {
  const uint32_t member = victim(world);
  isolate(world, member, true);
  const Nanos restart = some_ms(world, 5, 1500);
  world.scheduler().after(some_ms(world, 0, 400), [&world, member, restart] {
    kill(world, member, restart);
    isolate(world, member, false);
  });
}

void stop(World& world) {
  const Nanos length =
      world.fate().draw().percent(50) ? some_ms(world, 400, 1200) : some_ms(world, 5, 3000);
  world.instances().pause(victim(world), length);
}

void stop_and_go(World& world) {
  const uint32_t member = victim(world);
  for (uint64_t i = 0; i < 5; ++i)
    world.scheduler().after(i * 660 * kMillisecond, [&world, member] {
      world.instances().pause(member, 540 * kMillisecond);
    });
}

void cut_pair(World& world) {
  const uint32_t a = victim(world);
  const uint32_t b = other_than(world, a);
  const bool one_way = world.fate().draw().percent(50);
  const bool reversed = world.fate().draw().percent(50);
  const auto set = [&world, a, b, one_way, reversed](bool on) {
    if (!one_way || !reversed) world.network().cut(a, b, on);
    if (!one_way || reversed) world.network().cut(b, a, on);
  };
  world.cover(one_way ? "cut one way" : "cut both ways");
  set(true);
  world.scheduler().after(some_ms(world, 50, 4000), [set] { set(false); });
}

// A member, with or without some of its clients, is cut off from all others.
void partition(World& world) {
  const uint32_t member = victim(world);
  const bool control = world.fate().draw().percent(70);
  const bool clients = world.fate().draw().percent(40);
  const auto set = [&world, member, control, clients](bool on) {
    isolate(world, member, on);
    if (control) world.control().cut(member, true, true, on);
    if (clients) world.network().cut_clients(member, on);
  };
  set(true);
  world.scheduler().after(some_ms(world, 100, 4000), [set] { set(false); });
}

void cut_control(World& world) {
  const uint32_t member = victim(world);
  const uint64_t way = world.fate().draw().below(3);
  const auto set = [&world, member, way](bool on) {
    world.control().cut(member, way != 0, way != 1, on);
  };
  set(true);
  world.scheduler().after(some_ms(world, 100, 3000), [set] { set(false); });
}

void reset_link(World& world) {
  const uint32_t a = victim(world);
  world.network().reset_link(a, other_than(world, a));
}

void slow_link(World& world) {
  const uint32_t a = victim(world);
  const uint32_t b = other_than(world, a);
  world.network().slow_link(a, b, some_ms(world, 20, world.fate().draw().percent(20) ? 2000 : 400));
  world.scheduler().after(some_ms(world, 200, 3000),
                          [&world, a, b] { world.network().slow_link(a, b, 0); });
}

void slow_disk(World& world) {
  const uint32_t member = victim(world);
  world.node(member).disk_port().slow(some_ms(world, 20, 800));
  world.scheduler().after(some_ms(world, 200, 3000),
                          [&world, member] { world.node(member).disk_port().slow(0); });
}

void power_cut_one(World& world) {
  if (world.settings().durability != Durability::kDisk) return;
  world.instances().power_cut(victim(world), some_ms(world, 50, 1500));
}

void power_cut_all(World& world) {
  if (world.settings().durability != Durability::kDisk) return;
  for (uint32_t member = 0; member < world.size(); ++member)
    world.instances().power_cut(member, some_ms(world, 50, 1500));
}

void fsync_fails(World& world) {
  if (world.settings().durability != Durability::kDisk) return;
  world.node(victim(world)).disk_port().fail_next_sync();
}

// A sync fails and then the power is cut: what was not really on the disk is lost.
void fsync_fails_then_power(World& world) {
  if (world.settings().durability != Durability::kDisk) return;
  const uint32_t member = victim(world);
  world.node(member).disk_port().fail_next_sync();
  const Nanos restart = some_ms(world, 50, 500);
  world.scheduler().after(some_ms(world, 20, 300), [&world, member, restart] {
    if (world.node(member).up()) world.instances().power_cut(member, restart);
  });
}

void empty_restart(World& world) {
  const uint32_t member = victim(world);
  if (world.instances().may_lose_data(member))
    world.instances().empty_restart(member, some_ms(world, 5, 600));
}

void manager_dies(World& world) {
  world.control().crash(some_ms(world, 20, 2500));
}
void manager_dies_mid_change(World& world) {
  world.control().crash_after_next_persist(some_ms(world, 20, 1500));
}
void manager_stops(World& world) {
  world.control().pause(some_ms(world, 50, 2500));
}

// Only when all members are up and connected: an older copy that no member can contradict cannot be
// detected.
void manager_forgets(World& world) {
  for (uint32_t member = 0; member < world.size(); ++member) {
    const Node& node = world.node(member);
    if (!node.up() || node.paused() || node.core().epoch() != world.control().latest_view().epoch)
      return;
  }
  world.hold_faults(400 * kMillisecond);
  world.control().restart_from_older_copy(1 + static_cast<uint32_t>(world.fate().draw().below(3)));
}

void late_exit_reports(World& world) {
  world.control().delay_exit_reports(some_ms(world, 10, 1500));
}

void switchover(World& world) {
  world.control().ask(SwitchoverRequest{});
}

// Strikes within a few ms of the next view, whichever it is: many races need a join or a removal.
void watch_epoch(World& world, Epoch before, uint32_t polls, Nanos lag) {
  if (polls == 0) return;
  world.scheduler().after(kMillisecond, [&world, before, polls, lag] {
    const View& view = world.control().latest_view();
    if (view.epoch == before) return watch_epoch(world, before, polls - 1, lag);
    const uint32_t primary = world.index_of(view.primary);
    world.cover("kill around a view change");
    world.scheduler().after(lag, [&world, primary] { kill(world, primary, 300 * kMillisecond); });
  });
}

void kill_at_next_view(World& world) {
  watch_epoch(world, world.control().latest_view().epoch, 1500,
              world.fate().draw().below(5000) * (kMillisecond / 1000));
}

}  // namespace

const std::vector<Fault>& faults() {
  static const std::vector<Fault> kFaults = {
      {"kill", 12, kill_one},
      {"kill two", 6, kill_two},
      {"cut then kill", 8, cut_then_kill},
      {"kill at next view", 10, kill_at_next_view},
      {"stop", 10, stop},
      {"stop and go", 2, stop_and_go},
      {"cut pair", 10, cut_pair},
      {"partition", 10, partition},
      {"cut control", 8, cut_control},
      {"reset link", 5, reset_link},
      {"slow link", 5, slow_link},
      {"slow disk", 3, slow_disk},
      {"power cut", 5, power_cut_one},
      {"power cut everywhere", 2, power_cut_all},
      {"fsync fails", 3, fsync_fails},
      {"fsync fails, then power cut", 4, fsync_fails_then_power},
      {"empty restart", 6, empty_restart},
      {"manager dies", 5, manager_dies},
      {"manager dies mid-change", 4, manager_dies_mid_change},
      {"manager stops", 3, manager_stops},
      {"manager forgets", 2, manager_forgets},
      {"late exit reports", 4, late_exit_reports},
      {"switchover", 5, switchover},
  };
  return kFaults;
}

// The weight in the hunt for a known mistake favours the faults that show it.
static uint32_t weight_of(const Fault& fault, Bug bug) {
  struct Lean {
    Bug bug;
    void (*apply)(World&);
  };
  constexpr Lean kLeans[] = {
      {Bug::kEmptyRestartOk, empty_restart}, {Bug::kNoFencing, stop},
      {Bug::kNoFencing, partition},          {Bug::kCachedClockLease, stop},
      {Bug::kTruncateByCommit, kill_two},    {Bug::kRetryFsync, fsync_fails_then_power},
      {Bug::kTruncateByCommit, switchover},
  };
  for (const Lean& lean : kLeans)
    if (lean.bug == bug && lean.apply == fault.apply) return 8 * fault.weight;
  return fault.weight;
}

namespace {

void keep_one_way_cut(World& world) {
  const uint32_t a = victim(world);
  world.network().cut(a, other_than(world, a), true);
}
void keep_pair_cut(World& world) {
  const uint32_t a = victim(world);
  const uint32_t b = other_than(world, a);
  world.network().cut(a, b, true);
  world.network().cut(b, a, true);
}
void keep_isolated(World& world) {
  isolate(world, victim(world), true);
}
void keep_partitioned(World& world) {
  const uint32_t member = victim(world);
  isolate(world, member, true);
  world.control().cut(member, true, true, true);
}
void keep_without_control(World& world) {
  const uint64_t way = world.fate().draw().below(3);
  world.control().cut(victim(world), way != 0, way != 1, true);
}
void keep_dead(World& world) {
  const uint32_t member = victim(world);
  if (world.instances().may_lose_data(member)) world.instances().crash_for_good(member);
}
void keep_stopped(World& world) {
  world.instances().pause(victim(world), 0);
}
void keep_slow(World& world) {
  const uint32_t a = victim(world);
  world.network().slow_link(a, other_than(world, a), some_ms(world, 100, 3000));
}
void flap(World& world, uint32_t member) {
  world.instances().pause(member, 540 * kMillisecond);
  world.scheduler().after(660 * kMillisecond, [&world, member] { flap(world, member); });
}
void keep_flapping(World& world) {
  flap(world, victim(world));
}

}  // namespace

const std::vector<Fault>& lasting_faults() {
  static const std::vector<Fault> kFaults = {
      {"one-way cut for ever", 1, keep_one_way_cut},
      {"pair cut for ever", 1, keep_pair_cut},
      {"isolated for ever", 1, keep_isolated},
      {"partitioned for ever", 1, keep_partitioned},
      {"without control for ever", 1, keep_without_control},
      {"dead for ever", 1, keep_dead},
      {"stopped for ever", 1, keep_stopped},
      {"slow link for ever", 1, keep_slow},
      {"stopped and continued for ever", 1, keep_flapping},
  };
  return kFaults;
}

const Fault& pick_fault(Random& draw, bool lasting, Bug bug) {
  const auto& table = lasting ? lasting_faults() : faults();
  uint64_t total = 0;
  for (const Fault& fault : table) total += weight_of(fault, bug);
  uint64_t left = draw.below(total);
  for (const Fault& fault : table) {
    const uint32_t weight = weight_of(fault, bug);
    if (left < weight) return fault;
    left -= weight;
  }
  CHECK_NOTE(false, "the weights do not add up");
  return table.front();
}

}  // namespace multiaz::replication::sim
