// The links of a whole zone: cut, or slow.
#include "base/rt/sync.h"
#include "chaos/faults/bites.h"
#include "chaos/faults/fault.h"

namespace multiaz::chaos {

rt::Task<void> fault_zone_links(FaultContext& context, FaultRecord& record) {
  const std::string zone = co_await zone_of(context, record.spec.target);
  const bool cut = record.spec.kind == "zone_cut";
  const auto instances = co_await context.cluster.instances();
  std::vector<std::string> witnesses;  // who can be asked
  for (const Instance& one : instances ? *instances : std::vector<Instance>()) {
    (one.zone == zone ? record.targets : witnesses).push_back(one.id);
  }
  const char* proof = cut ? "fabric_bytes_held" : "fabric_bytes_delayed";
  const Bites before = co_await bites_of(context.cluster, witnesses, proof);
  const uint64_t delay_ms = cut ? 0 : figure(record.spec, "delay_ms");
  record.applied = monotonic_now();
  const std::string action = record.spec.kind.substr(std::string_view("zone_").size());
  const auto placed =
      co_await context.cluster.order_zone(zone, action, record.spec.for_ms, delay_ms);
  if (!placed) {
    not_bitten(record, placed.error().detail);
    co_return;
  }
  co_await prove_bites(context, record, before, proof);
  co_await hold(context, record);
  (void)co_await context.cluster.order_zone(zone, "heal");
  record.healed = monotonic_now();
  co_await prove_by_last_reports(context, record, before, proof);
}

}  // namespace multiaz::chaos
