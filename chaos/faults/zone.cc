// Faults of whole zones: down, their links cut or slow, or shifted away.
#include <algorithm>

#include "base/rt/sync.h"
#include "chaos/faults/bites.h"

namespace multiaz::chaos {

namespace {

// The zone of a target: "az-a", or the zone of that instance ("db:primary").
rt::Task<std::string> zone_of(FaultContext& context, std::string target) {
  if (target.starts_with("az-")) co_return target;
  const auto ids = co_await targets_of(context, target);
  const auto instances = co_await context.cluster.instances();
  if (!ids || ids->empty() || !instances) co_return target;
  const auto found = std::ranges::find(*instances, ids->front(), &Instance::id);
  co_return found == instances->end() ? target : found->zone;
}

}  // namespace

rt::Task<void> fault_zone_down(FaultContext& context, FaultRecord& record) {
  const std::string zone = co_await zone_of(context, record.spec.target);
  const auto hits = co_await context.cluster.control().zone_down(zone, record.spec.for_ms);
  note_hits(record, hits);
  for (const Hit& hit : record.hits) record.targets.push_back(hit.id);
  record.proof = zone + ": " + record.proof;
  co_await hold(context, record);
  (void)co_await context.cluster.control().order_zone(zone, "up");
  record.healed = monotonic_now();
}

rt::Task<void> fault_zone_links(FaultContext& context, FaultRecord& record) {
  const std::string zone = co_await zone_of(context, record.spec.target);
  const bool cut = record.spec.kind == "zone_cut";
  const auto instances = co_await context.cluster.instances();
  std::vector<std::string> witnesses;  // the instances whose counters can be read
  for (const Instance& one : instances ? *instances : std::vector<Instance>()) {
    (one.zone == zone ? record.targets : witnesses).push_back(one.id);
  }
  const char* proof = cut ? "fabric_bytes_held" : "fabric_bytes_delayed";
  const Bites before = co_await bites_of(context.cluster, witnesses, proof);
  const uint64_t delay_ms = cut ? 0 : figure(record.spec, "delay_ms");
  record.applied = monotonic_now();
  const std::string action = record.spec.kind.substr(std::string_view("zone_").size());
  const auto placed =
      co_await context.cluster.control().order_zone(zone, action, record.spec.for_ms, delay_ms);
  if (!placed) {
    not_bitten(record, placed.error().detail);
    co_return;
  }
  co_await prove_bites(context, record, before, proof);
  co_await hold(context, record);
  (void)co_await context.cluster.control().order_zone(zone, "heal");
  record.healed = monotonic_now();
  co_await prove_by_last_reports(context, record, before, proof);
}

// The load balancers send nothing into the zone, and nothing is launched there.
rt::Task<void> fault_zone_shift(FaultContext& context, FaultRecord& record) {
  const std::string zone = co_await zone_of(context, record.spec.target);
  record.targets.push_back(zone);
  record.applied = monotonic_now();
  const auto shifted =
      co_await context.cluster.control().order_zone(zone, "shift", record.spec.for_ms);
  record.verified = monotonic_now();
  record.bit = shifted.ok();
  record.proof = shifted ? "no traffic into " + zone : shifted.error().detail;
  co_await hold(context, record);
  (void)co_await context.cluster.control().order_zone(zone, "unshift");
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
