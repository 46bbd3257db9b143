// The table of all kinds (their words: chaos/plan/fault_words.cc), and what they share.
#include <unistd.h>

#include <algorithm>

#include "base/rt/sync.h"
#include "chaos/faults/fault.h"
#include "chaos/plan/fault_words.h"

namespace multiaz::chaos {

namespace {

constexpr FaultType kTypes[] = {
    {"kill", fault_kill},
    {"stop", fault_stop},
    {"stop_duty", fault_stop_duty},
    {"restart", fault_restart},
    {"restart_storm", fault_restart_storm},
    {"zone_down", fault_zone_down},
    {"zone_cut", fault_zone_links},
    {"zone_slow", fault_zone_links},
    {"zone_shift", fault_zone_shift},
    {"isolate", fault_isolate},
    {"failover", fault_failover},
    {"cut", fault_ordered},
    {"cut_one_way", fault_ordered},
    {"delay", fault_ordered},
    {"black_hole", fault_ordered},
    {"reset", fault_ordered},
    {"bandwidth", fault_ordered},
    {"disk_slow", fault_ordered},
    {"disk_error", fault_ordered},
    {"disk_full", fault_ordered},
    {"torn_write", fault_ordered},
    {"power_loss", fault_ordered},
    {"bit_flip", fault_ordered},
    {"clock_jump", fault_ordered},
    {"clock_drift", fault_ordered},
    {"cpu_hog", fault_ordered},
    {"memory_hog", fault_ordered},
    {"fd_exhaustion", fault_ordered},
    {"slow_requests", fault_ordered},
    {"failing_requests", fault_ordered},
    {"health_lie", fault_ordered},
    {"dns_outage", fault_ordered},
    {"dns_lie", fault_ordered},
    {"cache_flush", fault_cache_flush},
    {"sg_mistake", fault_sg_mistake},
    {"orchestrator_kill", fault_orchestrator_kill},
    {"orchestrator_stop", fault_orchestrator_stop},
    {"asg_suspend", fault_asg_suspend},
    {"nothing", fault_nothing},
};

}  // namespace

std::span<const FaultType> fault_types() {
  return kTypes;
}

rt::Task<void> run_fault(FaultContext& context, FaultRecord& record) {
  static uint64_t number = 0;
  record.owner = "chaos-" + std::to_string(getpid()) + "-" + std::to_string(++number);
  record.planned = monotonic_now();
  const std::string& kind = record.spec.kind;
  if (!record.spec.when.point.empty()) {
    co_await fault_at_point(context, record);
    co_return;
  }
  const auto type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                 [&](const FaultType& one) { return one.kind == kind; });
  co_await type->run(context, record);
}

rt::Task<Result<std::vector<std::string>>> targets_of(FaultContext& context,
                                                      const std::string& target) {
  if (!target.starts_with("fault:")) {
    auto ids = co_await context.cluster.resolve(target);
    co_return ids;
  }
  for (const FaultRecord& other : context.others) {
    if ("fault:" + other.spec.name == target) co_return other.targets;
  }
  co_return Error(Code::kNotFound, target + " has not struck");
}

rt::Task<bool> aim(FaultContext& context, FaultRecord& record) {
  const auto ids = co_await targets_of(context, record.spec.target);
  if (!ids || ids->empty()) {
    not_bitten(record, ids ? "nobody is " + record.spec.target : ids.error().detail);
    co_return false;
  }
  record.targets = *ids;
  co_return true;
}

void note_hits(FaultRecord& record, const Result<std::vector<Hit>>& hits) {
  if (!hits || hits->empty()) {
    not_bitten(record, hits ? "nobody was hit" : hits.error().detail);
    return;
  }
  bool all = record.hits.empty() || record.bit;
  for (const Hit& hit : *hits) {
    all = all && hit.verified;
    record.hits.push_back(hit);
    if (record.proof.size() < 200) {
      record.proof += (record.proof.empty() ? "" : ", ") + hit.id + " pid " +
                      std::to_string(hit.pid) + (hit.verified ? "" : " NOT seen");
    }
    if (record.applied == 0 || hit.at < record.applied) record.applied = hit.at;
  }
  record.bit = all;
  record.verified = monotonic_now();
}

rt::Task<void> hold(FaultContext& context, const FaultRecord& record) {
  const Nanos end = record.applied + record.spec.for_ms * kMillisecond;
  const Nanos now = monotonic_now();
  if (end > now) (void)co_await rt::sleep_ms((end - now) / kMillisecond + 1, context.stop);
}

void not_bitten(FaultRecord& record, const std::string& why) {
  record.bit = false;
  record.proof += (record.proof.empty() ? "" : "; ") + why;
  if (record.applied == 0) record.applied = monotonic_now();
  record.healed = monotonic_now();
}

uint64_t figure(const FaultSpec& spec, const std::string& key, uint64_t fallback) {
  const auto found = spec.figures.find(key);
  return found == spec.figures.end() ? fallback : found->second;
}

}  // namespace multiaz::chaos
