// The table from kinds of faults to the coroutines that carry them out, and what these share. The
// kinds: base/faults/kinds.h.
#include <unistd.h>

#include <algorithm>

#include "base/core/check.h"
#include "base/faults/checks.h"
#include "base/rt/sync.h"
#include "chaos/events.h"
#include "chaos/faults/fault.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kHoldPollMs = 10;

constexpr FaultAct kActs[] = {
    {"kill"_fault, fault_signal},
    {"stop"_fault, fault_stop},
    {"stop_duty"_fault, fault_stop_duty},
    {"restart"_fault, fault_signal},
    {"restart_storm"_fault, fault_restart_storm},
    {"zone_down"_fault, fault_zone_down},
    {"zone_cut"_fault, fault_zone_links},
    {"zone_slow"_fault, fault_zone_links},
    {"zone_shift"_fault, fault_zone_shift},
    {"isolate"_fault, fault_isolate},
    {"failover"_fault, fault_failover},
    {"crash_at"_fault, fault_at_point},
    {"stop_at"_fault, fault_at_point},
    {"cache_flush"_fault, fault_cache_flush},
    {"sg_mistake"_fault, fault_sg_mistake},
    {"orchestrator_kill"_fault, fault_orchestrator_kill},
    {"orchestrator_stop"_fault, fault_orchestrator_stop},
    {"asg_suspend"_fault, fault_asg_suspend},
    {"nothing"_fault, fault_nothing},
};

}  // namespace

std::span<const FaultAct> fault_acts() {
  return kActs;
}

rt::Task<void> run_fault(FaultContext& context, FaultRecord& record) {
  static uint64_t number = 0;
  record.owner = "chaos-" + std::to_string(getpid()) + "-" + std::to_string(++number);
  record.planned = monotonic_now();
  const FaultKind* kind = find_fault(record.spec.kind);
  CHECK(kind != nullptr);
  if (!record.spec.when.point.empty()) {
    co_await fault_at_point(context, record);
    co_return;
  }
  const auto act =
      std::ranges::find_if(kActs, [&](const FaultAct& one) { return one.kind == id_of(*kind); });
  if (act == std::end(kActs)) {
    co_await fault_ordered(context, record);
  } else {
    co_await act->run(context, record);
  }
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
  const Trigger& until = record.spec.until;
  const Nanos end = record.applied + record.spec.for_ms * kMillisecond;
  const Nanos first =
      record.applied + (until.event.empty() ? record.spec.for_ms : until.at_ms) * kMillisecond;
  const Nanos now = monotonic_now();
  if (first > now) (void)co_await rt::sleep_ms((first - now) / kMillisecond + 1, context.stop);
  while (monotonic_now() < end && !context.stop.requested() &&
         !context.events.happened(until, record.applied)) {
    (void)co_await rt::sleep_ms(kHoldPollMs, context.stop);
  }
}

void not_bitten(FaultRecord& record, const std::string& why) {
  record.bit = false;
  record.proof += (record.proof.empty() ? "" : "; ") + why;
  if (record.applied == 0) record.applied = monotonic_now();
  record.healed = monotonic_now();
}

uint64_t figure(const FaultSpec& spec, const std::string& key) {
  const FaultParameter* parameter = find_parameter(*find_fault(spec.kind), key);
  CHECK(parameter != nullptr);
  const auto given = spec.figures.find(key);
  const uint64_t asked = given == spec.figures.end() ? 0 : given->second;
  return std::clamp(asked == 0 ? parameter->normal : asked, parameter->min, parameter->max);
}

std::string word(const FaultSpec& spec, const std::string& key) {
  const FaultParameter* parameter = find_parameter(*find_fault(spec.kind), key);
  CHECK(parameter != nullptr);
  const auto given = spec.words.find(key);
  return given == spec.words.end() ? std::string(parameter->usual) : given->second;
}

}  // namespace multiaz::chaos
