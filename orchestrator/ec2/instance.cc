#include "orchestrator/ec2/instance.h"

#include <algorithm>
#include <array>

#include "base/core/check.h"

namespace multiaz::orchestrator {

namespace {

using S = InstanceState;

struct Move {
  S from, to;
};
constexpr Move kMoves[] = {
    {S::kDead, S::kStarting}, {S::kDead, S::kHeld},      {S::kDead, S::kReady},  // adopted
    {S::kHeld, S::kDead},     {S::kStarting, S::kReady}, {S::kStarting, S::kDraining},
    {S::kStarting, S::kDead}, {S::kReady, S::kDraining}, {S::kReady, S::kStarting},
    {S::kReady, S::kDead},    {S::kDraining, S::kDead},
};

}  // namespace

Instance fresh(const PlannedInstance& planned) {
  Instance one;
  one.id = planned.id;
  one.tier = planned.tier;
  one.zone = planned.zone;
  one.address = planned.address;
  one.port = planned.port;
  one.mute = planned.foreign;
  one.scaled.on = planned.version > 0;
  one.scaled.version = planned.version;
  return one;
}

std::string_view to_string(InstanceState state) {
  switch (state) {
    case S::kDead: return "dead";
    case S::kHeld: return "held";
    case S::kStarting: return "starting";
    case S::kReady: return "ready";
    case S::kDraining: return "draining";
  }
  return "?";
}

bool may_move(InstanceState from, InstanceState to) {
  return std::any_of(std::begin(kMoves), std::end(kMoves),
                     [&](const Move& one) { return one.from == from && one.to == to; });
}

void move(Instance& instance, InstanceState to) {
  if (instance.state == to) return;
  CHECK_NOTE(may_move(instance.state, to), instance.id + ": " +
                                               std::string(to_string(instance.state)) + " -> " +
                                               std::string(to_string(to)));
  instance.state = to;
}

void started(Instance& instance, uint64_t launch, Nanos now) {
  move(instance, S::kStarting);
  instance.launch = launch;
  instance.pid = 0;
  instance.keeper = 0;
  instance.started_at = now;
  instance.heard_at = 0;
  instance.silent = false;
  instance.dying = false;
  instance.stopped = false;
  instance.port_taken = false;
  instance.health.clear();
  instance.member = MemberFacts();
  Scaled& scaled = instance.scaled;
  if (scaled.launched_at == 0) scaled.launched_at = now;
  scaled.in_service_at = 0;
  scaled.well = false;
  scaled.unhealthy.clear();
  scaled.unhealthy_since = 0;
}

void adopted(Instance& instance, uint64_t launch, int64_t pid, bool stopped, Nanos now) {
  move(instance, S::kReady);
  instance.launch = launch;
  instance.pid = pid;
  instance.started_at = now;
  instance.heard_at = now;  // the count of silent time starts here
  instance.stopped = stopped;
  instance.stopped_at = 0;
  instance.health = "adopted";
  Scaled& scaled = instance.scaled;
  scaled.launched_at = now;
  scaled.in_service_at = now;
  scaled.well = true;
  scaled.launch_hook_done = true;
}

void ended(Instance& instance, Nanos now) {
  if (!instance.dying) ++instance.scaled.deaths;
  instance.scaled.in_service_at = 0;
  const bool fast = now - instance.started_at < kLongLifeMs * kMillisecond;
  instance.next_start_at = now + restart_delay_ms(instance.fast_deaths) * kMillisecond;
  instance.fast_deaths = fast ? instance.fast_deaths + 1 : 0;
  if (!fast) instance.next_start_at = now;
  move(instance, S::kDead);
  instance.pid = 0;
  instance.silent = false;
  instance.dying = false;
  instance.stopped = false;
  instance.health.clear();
  instance.member = MemberFacts();
}

uint64_t restart_delay_ms(uint32_t fast_deaths) {
  if (fast_deaths == 0) return 0;
  const uint32_t doublings = std::min(fast_deaths - 1, 10U);
  return std::min(kBackoffMs << doublings, kBackoffMsMax);
}

}  // namespace multiaz::orchestrator
