// A zonal shift: the load balancers send nothing into the zone, and nothing is launched there.
#include "base/rt/sync.h"
#include "chaos/faults/bites.h"

namespace multiaz::chaos {

rt::Task<void> fault_zone_shift(FaultContext& context, FaultRecord& record) {
  const std::string zone = co_await zone_of(context, record.spec.target);
  record.targets.push_back(zone);
  record.applied = monotonic_now();
  const auto shifted = co_await context.cluster.order_zone(zone, "shift", record.spec.for_ms);
  record.verified = monotonic_now();
  record.bit = shifted.ok();
  record.proof = shifted ? "no traffic into " + zone : shifted.error().detail;
  co_await hold(context, record);
  (void)co_await context.cluster.order_zone(zone, "unshift");
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
