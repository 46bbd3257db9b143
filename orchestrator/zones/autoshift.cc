#include "orchestrator/zones/autoshift.h"

#include <algorithm>

namespace multiaz::orchestrator {

namespace {

bool mostly_impaired(const ZoneSigns& zone) {
  return zone.instances > 1 && zone.impaired * 2 > zone.instances;
}

}  // namespace

bool Autoshift::away(const std::string& zone) const {
  const auto found = states_.find(zone);
  return found != states_.end() && found->second.away;
}

std::vector<Autoshift::Change> Autoshift::step(Nanos now,
                                               const std::map<std::string, ZoneSigns>& zones) {
  std::vector<Change> out;
  const auto bad = std::count_if(zones.begin(), zones.end(),
                                 [](const auto& each) { return mostly_impaired(each.second); });
  auto left =
      static_cast<std::ptrdiff_t>(zones.size()) -
      std::count_if(zones.begin(), zones.end(), [&](const auto& each) { return away(each.first); });
  for (const auto& [zone, signs] : zones) {
    State& state = states_[zone];
    // When several zones are impaired at once, the cause is not one zone, and no zone is left to
    // shift to.
    const bool speaks = state.away ? signs.impaired == 0 : mostly_impaired(signs) && bad == 1;
    if (!speaks) {
      state.since = 0;
      continue;
    }
    if (state.since == 0) state.since = now;
    const uint64_t wait_ms = state.away ? kWellAgainMs : kImpairedMs;
    if (now - state.since < wait_ms * kMillisecond || (!state.away && left <= 1)) continue;
    state.away = !state.away;
    state.since = 0;
    left += state.away ? -1 : 1;
    out.push_back({zone, state.away,
                   state.away ? "autoshift: " + std::to_string(signs.impaired) + " of " +
                                    std::to_string(signs.instances) + " instances are impaired"
                              : "autoshift: the zone is well again"});
  }
  return out;
}

}  // namespace multiaz::orchestrator
