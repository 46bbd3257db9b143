#include "base/rt/sync.h"
#include "chaos/faults/bites.h"

namespace multiaz::chaos {

// The zone of a target: "az-a", or where that instance is ("db:primary").
rt::Task<std::string> zone_of(FaultContext& context, std::string target) {
  if (target.starts_with("az-")) co_return target;
  const auto ids = co_await targets_of(context, target);
  const auto instances = co_await context.cluster.instances();
  if (!ids || ids->empty() || !instances) co_return target;
  for (const Instance& one : *instances) {
    if (one.id == ids->front()) co_return one.zone;
  }
  co_return target;
}

rt::Task<void> fault_zone_down(FaultContext& context, FaultRecord& record) {
  const std::string zone = co_await zone_of(context, record.spec.target);
  const auto hits = co_await context.cluster.zone_down(zone, record.spec.for_ms);
  note_hits(record, hits);
  for (const Hit& hit : record.hits) record.targets.push_back(hit.id);
  record.proof = zone + ": " + record.proof;
  co_await hold(context, record);
  (void)co_await context.cluster.order_zone(zone, "up");
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
