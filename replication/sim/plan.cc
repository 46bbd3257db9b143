#include "replication/sim/plan.h"

#include <fmt/format.h>

namespace multiaz::replication::sim {
namespace {

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
  if (draw.percent(60)) s.turn_delay = {0, draw.between(20, 3000) * us};
  if (draw.percent(40)) s.hold_chance = 50;
  if (draw.percent(50)) s.rebuild_chance = 50;
  s.client_pause = {kMillisecond, draw.between(10, 120) * kMillisecond};
  s.clients = 3;
  s.batch_records_max = static_cast<uint32_t>(draw.between(1, 32));
  s.trim_chance = draw.percent(50) ? 40 : 0;
  if (draw.percent(30)) s.mid_effect_crash = static_cast<uint32_t>(draw.between(2'000, 20'000));
  if (draw.percent(10) && !options.liveness) s.min_in_sync = 2;
  if (options.liveness) s.mid_effect_crash = 0;
  return s;
}

std::string text_of(Span span) {
  const Nanos us = kMillisecond / 1000;
  return span.low == span.high ? fmt::format("{} us", span.low / us)
                               : fmt::format("{}..{} us", span.low / us, span.high / us);
}

}  // namespace

Plan plan_from(const RunOptions& options) {
  Plan plan;
  plan.settings = settings_from(options);
  plan.liveness = options.liveness;
  Random draw(options.seed ^ 0xf4017);
  const uint64_t count = options.liveness ? 1 : 3 + draw.below(8);
  for (uint64_t i = 0; i < count; ++i) {
    Strike strike;
    strike.fault = &pick_fault(draw, options.liveness, options.bug);
    strike.seed = draw.next();
    strike.pause = draw.below(800) * kMillisecond;
    plan.strikes.push_back(strike);
  }
  return plan;
}

std::string describe(const Plan& plan) {
  const Settings& s = plan.settings;
  std::string out = fmt::format(
      "  {} members and {} learners, level {}, {} clients, seed {}\n"
      "  link {}, control {}, write {}, sync {}, store a view {}, truncate {}\n",
      s.candidates, s.replicas, to_string(s.durability), s.clients, s.seed, text_of(s.link_delay),
      text_of(s.control_delay), text_of(s.write_delay), text_of(s.sync_delay),
      text_of(s.persist_delay), text_of(s.truncate_delay));
  std::string more;
  for (const uint32_t rate : s.clock_rates) more += fmt::format(" clock {} per mille;", rate);
  if (s.mid_effect_crash > 0) more += fmt::format(" 1 in {} effects kills;", s.mid_effect_crash);
  if (s.turn_delay.high > 0) more += fmt::format(" turns of {};", text_of(s.turn_delay));
  if (s.hold_chance > 0) more += " appends wait for company;";
  if (s.rebuild_chance > 0) more += " states are rebuilt;";
  if (s.trim_chance > 0) more += " logs are trimmed;";
  if (s.min_in_sync > 1) more += fmt::format(" min_in_sync {};", s.min_in_sync);
  if (!more.empty()) out += " " + more + "\n";
  for (const Strike& strike : plan.strikes)
    out += fmt::format("  fault: {}, {} % as long; then {} ms\n", strike.fault->name,
                       strike.scale_percent, strike.pause / kMillisecond);
  return out;
}

}  // namespace multiaz::replication::sim
