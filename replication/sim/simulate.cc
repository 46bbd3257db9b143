#include "replication/sim/simulate.h"

#include <fmt/format.h>

#include "replication/sim/faults.h"

namespace multiaz::replication::sim {

Settings settings_from(const RunOptions& options) {
  Settings s;
  s.seed = options.seed;
  s.bug = options.bug;
  s.trace = options.trace;
  s.trace_events = options.events;
  Random draw(options.seed ^ 0x5e771);
  const uint64_t level = draw.below(100);
  s.durability = level < 15   ? Durability::kMemory
                 : level < 55 ? Durability::kOs
                              : Durability::kDisk;
  s.candidates = draw.percent(60) ? 3 : 2;
  s.replicas = 3 - s.candidates;
  if (draw.percent(50))
    for (uint32_t i = 0; i < 3; ++i)
      s.clock_rates.push_back(static_cast<uint32_t>(draw.between(900, 1100)));
  const Nanos us = kMillisecond / 1000;
  s.link_delay = {50 * us, draw.between(100, draw.percent(20) ? 60'000 : 5'000) * us};
  s.control_delay = {50 * us, draw.between(100, draw.percent(20) ? 100'000 : 5'000) * us};
  s.write_delay = {10 * us, draw.between(20, 1000) * us};
  s.sync_delay = {100 * us, draw.between(200, 10'000) * us};
  if (draw.percent(50)) s.truncate_delay = {kMillisecond, 10 * kMillisecond};
  if (draw.percent(50)) s.persist_delay = {kMillisecond, draw.between(2, 40) * kMillisecond};
  s.client_pause = {kMillisecond, draw.between(10, 120) * kMillisecond};
  s.clients = 3;
  s.batch_records_max = static_cast<uint32_t>(draw.between(1, 32));
  s.trim_chance = draw.percent(50) ? 40 : 0;
  if (draw.percent(30)) s.mid_effect_crash = static_cast<uint32_t>(draw.between(2'000, 20'000));
  if (draw.percent(10) && !options.liveness) s.min_in_sync = 2;
  return s;
}

namespace {

void finish(World& world, RunResult& result) {
  result.violation = world.checker().violation();
  result.trace = world.trace_text();
  result.coverage = world.coverage();
  result.counts = world.clients().counts();
  result.views = world.control().views_made();
  result.virtual_time = world.now();
}

// Every member that the last view counts on has lost its data: only a person may go on. The one
// to take is a member that has it all.
void force_if_stuck(World& world) {
  const View& view = world.control().latest_view();
  for (const MemberRef& member : view.in_sync)
    if (world.node(world.index_of(member.id)).disk_.incarnation == member.incarnation) return;
  uint32_t best = 0;
  // The longest log is not the best one: its end may never have been committed.
  const auto worth = [&](uint32_t i) {
    const Mark tail = world.node(i).disk_.start_event().tail;
    return std::pair(epoch_at(tail.history, tail.lsn), tail.lsn);
  };
  for (uint32_t i = 1; i < world.size(); ++i)
    if (worth(i) > worth(best)) best = i;
  world.cover("promoted by force");
  world.control().ask(ForcePromote{NodeId(member_name(best))});
}

// After healing: full redundancy, equal logs, and a write that goes through.
void check_recovery(World& world) {
  world.heal();
  world.run_for(kSecond);
  world.clients().stop();
  if (!world.run_until([&] { return world.settled(); }, kRecoveryMax / 2)) {
    force_if_stuck(world);
    if (!world.run_until([&] { return world.settled(); }, kRecoveryMax / 2))
      return world.checker().violate(
          "no-recovery", fmt::format("view {}", describe(world.control().latest_view())));
  }
  // A fault that was planned before the healing may still come; not all of these can be hit.
  auto written = std::make_shared<bool>(false);
  for (int attempt = 0; attempt < 10 && !(*written && world.settled()); ++attempt) {
    world.clients().write_to(world.index_of(world.control().latest_view().primary),
                             [written](Outcome got, Lsn) { *written |= got == Outcome::kOk; });
    world.run_until([&] { return *written && world.settled(); }, kSecond);
  }
  if (!*written || !world.settled())
    world.checker().violate("no-progress", "writes after recovery were not acknowledged");
  world.checker().check_end();
}

void run_faults(World& world) {
  const uint64_t faults = 3 + world.random().below(8);
  for (uint64_t i = 0; i < faults && !world.checker().failed(); ++i) {
    apply_random_fault(world);
    world.run_for(world.random().below(800) * kMillisecond);
    if (world.now() < world.quiet_until()) world.run_for(world.quiet_until() - world.now());
  }
  world.run_for(kSecond);
}

void run_lasting(World& world) {
  const auto& table = lasting_faults();
  const Fault& fault = table[world.random().below(table.size())];
  world.cover("fault " + std::string(fault.name));
  world.trace("fault", std::string(fault.name));
  const uint64_t views = world.control().views_made();
  fault.apply(world);
  world.run_for(kLastingTime);
  if (world.checker().failed()) return;
  const uint64_t made = world.control().views_made() - views;
  if (made > kLastingViewsMax)
    world.checker().violate("too-many-views", fmt::format("{} views under one fault", made));
  if (world.clients().last_write_ok() + 5 * kSecond < world.now())
    world.checker().violate(
        "no-progress",
        fmt::format("last write at {} ms", world.clients().last_write_ok() / kMillisecond));
}

}  // namespace

RunResult simulate(const RunOptions& options) {
  Settings settings = settings_from(options);
  if (options.liveness) settings.mid_effect_crash = 0;
  World world(std::move(settings));
  RunResult result;
  if (!world.run_until([&] { return world.serving(); }, 10 * kSecond))
    world.checker().violate("no-start", "the group did not start");
  world.run_for(300 * kMillisecond);
  if (options.liveness)
    run_lasting(world);
  else
    run_faults(world);
  if (!world.checker().failed()) check_recovery(world);
  finish(world, result);
  return result;
}

}  // namespace multiaz::replication::sim
