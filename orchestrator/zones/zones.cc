#include "orchestrator/zones/zones.h"

#include <map>
#include <utility>
#include <vector>

#include "base/core/log.h"

namespace multiaz::orchestrator {

namespace {

// A shift by autoshift has an end, so that a restarted orchestrator does not inherit it for ever.
constexpr uint64_t kAutoshiftMs = 600'000;

std::vector<std::string> over_at(const std::map<std::string, Nanos>& ends, Nanos now) {
  std::vector<std::string> over;
  for (const auto& [zone, until] : ends) {
    if (until != 0 && until <= now) over.push_back(zone);
  }
  return over;
}

}  // namespace

Status Zones::load() {
  auto holds = c_.store.zone_holds();
  if (!holds) return holds.error();
  c_.state.holds = std::move(*holds);
  auto shifts = c_.store.zone_shifts();
  if (!shifts) return shifts.error();
  c_.state.shifts = std::move(*shifts);
  return Status();
}

void Zones::tick() {
  expire();
  if (c_.state.plan.autoshift) shift_by_signs();
}

void Zones::expire() {
  for (const auto& zone : over_at(c_.state.holds, c_.now.monotonic)) {
    release(zone, "its time is over");
  }
  for (const auto& zone : over_at(c_.state.shifts, c_.now.monotonic)) unshift(zone, "EXPIRED");
}

void Zones::hold(const std::string& zone, uint64_t for_ms) {
  c_.state.fleet_news = true;
  c_.state.holds[zone] = for_ms == 0 ? 0 : c_.now.monotonic + for_ms * kMillisecond;
  save_holds();
}

void Zones::release(const std::string& zone, const std::string& why) {
  if (c_.state.holds.erase(zone) == 0) return;
  c_.state.fleet_news = true;
  save_holds();
  c_.event("orchestrator", "zone-up", zone, "may start instances again: " + why);
  for (auto& [id, one] : c_.state.instances) {
    if (one.zone == zone && !one.running()) one.next_start_at = 0;
  }
  c_.reconcile_later();
}

void Zones::shift(const std::string& zone, uint64_t for_ms, const std::string& why) {
  c_.state.shifts[zone] = for_ms == 0 ? 0 : c_.now.monotonic + for_ms * kMillisecond;
  save_shifts();
  c_.event("orchestrator", "zone-shift", zone, "traffic is shifted away: " + why);
  c_.topology_changed();
}

void Zones::unshift(const std::string& zone, const std::string& why) {
  if (c_.state.shifts.erase(zone) == 0) return;
  save_shifts();
  c_.event("orchestrator", "zone-unshift", zone, "takes traffic again: " + why);
  c_.topology_changed();
}

// Web instances do not count: Auto Scaling moves them, and a zone without any would show no signs.
void Zones::shift_by_signs() {
  std::map<std::string, ZoneSigns> zones;
  for (const std::string& zone : c_.state.plan.zones) zones[zone];
  for (const auto& [id, one] : c_.state.instances) {
    const auto found = zones.find(one.zone);
    if (found == zones.end() || one.scaled.on) continue;
    ++found->second.instances;
    const bool well = one.state == InstanceState::kReady && !one.silent && !one.stopped;
    if (!well) ++found->second.impaired;
  }
  for (const Autoshift::Change& change : autoshift_.step(c_.awake(), zones)) {
    if (change.away)
      shift(change.zone, kAutoshiftMs, change.why);
    else
      unshift(change.zone, change.why);
  }
}

void Zones::save_holds() {
  const Status saved = c_.store.set_zone_holds(c_.state.holds);
  if (!saved) log::warn("zone holds are not saved: " + saved.error().text());
}

void Zones::save_shifts() {
  const Status saved = c_.store.set_zone_shifts(c_.state.shifts);
  if (!saved) log::warn("zone shifts are not saved: " + saved.error().text());
}

}  // namespace multiaz::orchestrator
