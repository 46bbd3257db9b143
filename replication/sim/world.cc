#include "replication/sim/world.h"

#include <functional>
#include <utility>

namespace multiaz::replication::sim {
namespace {
constexpr Nanos kReconnect = 20 * kMillisecond;
constexpr Nanos kReport = 100 * kMillisecond;
}  // namespace

World::World(Settings settings)
    : settings_(std::move(settings)),
      fate_(settings_.seed, scheduler_),
      journal_(settings_.trace),
      checker_(*this),
      instances_(*this),
      network_(*this),
      control_(*this),
      clients_(*this) {
  CHECK(size() <= kMembersMax);
  settings_.clock_rates.resize(size(), 1000);
  instances_.start();
  network_.start();
  checker_.start(size());
  control_.start();
  instances_.boot_all();
  every(kTickMs * kMillisecond, [this] {
    for (auto& node : instances_.all())
      if (node->up() && !node->paused()) node->deliver(Tick{});
  });
  every(kReport, [this] {
    for (auto& node : instances_.all())
      if (node->up() && !node->paused()) node->report();
  });
  every(kReconnect, [this] { network_.connect_all(); });
  if (settings_.trim_chance > 0)
    every(kSecond, [this] {
      for (auto& node : instances_.all())
        if (fate_.random().percent(settings_.trim_chance)) node->trim_log();
    });
  clients_.start();
}

void World::every(Nanos period, std::function<void()> action) {
  scheduler_.after(period, [this, period, action = std::move(action)]() mutable {
    action();
    every(period, std::move(action));
  });
}

void World::run_for(Nanos duration) {
  const Nanos end = now() + duration;
  while (!checker_.failed() && scheduler_.run_one(end)) {
  }
}

bool World::run_until(const std::function<bool()>& condition, Nanos limit) {
  const Nanos end = now() + limit;
  while (!condition()) {
    if (checker_.failed() || now() >= end) return false;
    run_for(kMillisecond);
  }
  return true;
}

void World::heal() {
  trace("world", "everything heals");
  settings_.mid_effect_crash = 0;
  for (uint32_t member = 0; member < size(); ++member) {
    network_.heal(member);
    control_.reconnect(member);
    instances_.heal(member);
  }
  control_.heal();
}

void World::view_stored() {
  for (auto& action : std::exchange(on_view_, {})) scheduler_.after(0, std::move(action));
}

bool World::serving() const {
  const View& view = control_.latest_view();
  if (view.epoch.raw == 0) return false;
  const Node& primary = node(index_of(view.primary));
  return primary.serves() && primary.core().can_append(primary.local_now()) == Refusal::kNone;
}

bool World::settled() const {
  if (!serving() || !control_.up()) return false;
  const View& view = control_.latest_view();
  const Node& primary = node(index_of(view.primary));
  uint32_t candidates = 0;
  for (const auto& node : instances_.all()) {
    if (instances_.gone(node->index_)) continue;
    if (!node->up() || node->paused() || node->core().epoch() != view.epoch) return false;
    if (node->core().applied() != primary.core().tail()) return false;
    if (node->core().tail() != primary.core().tail()) return false;
    if (node->state() != primary.state()) return false;
    if (node->index_ < settings_.candidates) ++candidates;
  }
  return view.in_sync.size() >= candidates;  // a promoted replica may be one more
}

}  // namespace multiaz::replication::sim
