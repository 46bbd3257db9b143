// Killed as soon as it is there again: does whoever restarts it back off, and do the others notice?
#include <algorithm>

#include "base/rt/sync.h"
#include "chaos/faults/fault.h"

namespace multiaz::chaos {

rt::Task<void> fault_restart_storm(FaultContext& context, FaultRecord& record) {
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  const uint64_t period_ms = figure(record.spec, "period_ms");
  const Nanos end = monotonic_now() + record.spec.for_ms * kMillisecond;
  size_t kills = 0;
  record.applied = monotonic_now();
  while (monotonic_now() < end && !context.stop.requested()) {
    for (const std::string& id : record.targets) {
      const auto hits = co_await context.cluster.signal("kill", id);
      for (const Hit& hit : hits ? *hits : std::vector<Hit>()) {
        if (!hit.verified) continue;
        ++kills;
        record.hits.push_back(hit);
      }
    }
    (void)co_await rt::sleep_ms(period_ms, context.stop);
  }
  record.bit = kills >= 2;
  record.proof = std::to_string(kills) + " kills, each seen to be gone";
  record.verified = record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
