#include "replication/sim/simulate.h"

#include <fmt/format.h>

#include <memory>

namespace multiaz::replication::sim {

namespace {

void finish(World& world, RunResult& result) {
  result.violation = world.checker().violation();
  result.trace = world.journal().text();
  result.coverage = world.journal().coverage();
  result.counts = world.clients().counts();
  result.views = world.control().views_made();
  result.virtual_time = world.now();
}

// When every member that the last view counts on has lost its data, only an operator may go on, and
// must promote a member that has all data.
void force_if_stuck(World& world) {
  const View& view = world.control().latest_view();
  for (const MemberRef& member : view.in_sync)
    if (world.node(world.index_of(member.id)).disk_.incarnation == member.incarnation) return;
  uint32_t best = 0;
  // The longest log is not the best one, since its end may never have been committed.
  const auto worth = [&](uint32_t i) {
    const Mark tail = world.node(i).disk_.start_event().tail;
    return std::pair(epoch_at(tail.history, tail.lsn), tail.lsn);
  };
  for (uint32_t i = 1; i < world.size(); ++i)
    if (worth(i) > worth(best)) best = i;
  world.cover("promoted by force");
  world.control().ask(ForcePromote{NodeId(member_name(best))});
}

}  // namespace

// After healing there must be full redundancy, equal logs, and a write that succeeds.
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
  // A fault that was planned before the healing may still come, but it cannot hit all of these.
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

namespace {

void strike(World& world, const Strike& strike) {
  world.cover("fault " + std::string(strike.fault->name));
  world.trace("fault", std::string(strike.fault->name));
  world.fate().begin_strike(strike.seed, strike.scale_percent);
  strike.fault->apply(world);
}

void run_faults(World& world, const Plan& plan) {
  for (const Strike& one : plan.strikes) {
    if (world.checker().failed()) return;
    strike(world, one);
    world.run_for(one.pause);
    if (world.now() < world.quiet_until()) world.run_for(world.quiet_until() - world.now());
  }
  world.run_for(kSecond);
}

void run_lasting(World& world, const Plan& plan) {
  const uint64_t views = world.control().views_made();
  for (const Strike& one : plan.strikes) strike(world, one);
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

RunResult run_plan(const Plan& plan) {
  World world(plan.settings);
  RunResult result;
  if (!world.run_until([&] { return world.serving(); }, 10 * kSecond))
    world.checker().violate("no-start", "the group did not start");
  world.run_for(300 * kMillisecond);
  if (plan.liveness)
    run_lasting(world, plan);
  else
    run_faults(world, plan);
  if (!world.checker().failed()) check_recovery(world);
  finish(world, result);
  return result;
}

RunResult simulate(const RunOptions& options) {
  return run_plan(plan_from(options));
}

}  // namespace multiaz::replication::sim
