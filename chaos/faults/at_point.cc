// kill and stop at a named point inside the process: the process signals itself there, so that the
// same step is hit each time.
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/faults/bites.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kPointWaitMs = 30'000;  // most time until the point is reached
constexpr uint64_t kPointPollMs = 2;
constexpr uint64_t kUndoneMsMax = 5'000;  // most time to wait until a stop is undone

// The first target that is gone, or stopped.
const Hit* first_hit(FaultRecord& record, bool kills) {
  for (Hit& hit : record.hits) {
    hit.verified = kills ? rt::process_gone(hit.pid) : rt::process_state(hit.pid) == 'T';
    if (!hit.verified) continue;
    hit.at = monotonic_now();
    return &hit;
  }
  return nullptr;
}

// An order cannot continue a process that stops itself at a point. The guardian does that, and it
// takes back the order to stop first.
std::vector<uint64_t> promise_to_undo(FaultContext& context, const FaultRecord& record,
                                      bool kills) {
  if (kills) return {};
  const Nanos until =
      monotonic_now() + (kPointWaitMs + record.spec.for_ms + kUndoneMsMax) * kMillisecond;
  std::vector<uint64_t> ids = {context.guardian.post_at("/v1/heal", heal_order(record), until)};
  for (const uint64_t id : context.guardian.continue_all(record.hits, until)) ids.push_back(id);
  return ids;
}

}  // namespace

rt::Task<void> fault_at_point(FaultContext& context, FaultRecord& record) {
  const FaultSpec& spec = record.spec;
  const bool kills = find_fault(spec.kind)->end == FaultEnd::kGone;
  const bool named = !spec.when.point.empty();  // otherwise the kind itself names the point
  const std::string point = named ? spec.when.point : word(spec, "point");
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  co_await note_pids(context, record);
  const std::vector<uint64_t> promises = promise_to_undo(context, record, kills);
  for (const std::string& target : record.targets) {
    const nlohmann::json order = {{"kind", kills ? "crash_at" : "stop_at"},
                                  {"a", target},
                                  {"point", point},
                                  {"amount", named ? spec.when.nth : figure(spec, "amount")},
                                  {"owner", record.owner},
                                  {"for_ms", kPointWaitMs}};
    const auto placed = co_await context.cluster.control().place(jsonio::dump(order));
    if (!placed) {
      not_bitten(record, placed.error().detail);
      co_await heal_and_prove(context, record);
      context.guardian.done_all(promises);
      co_return;
    }
  }
  const Nanos end = monotonic_now() + kPointWaitMs * kMillisecond;
  const Hit* hit = nullptr;
  while (hit == nullptr && monotonic_now() < end && !context.stop.requested()) {
    hit = first_hit(record, kills);
    if (hit == nullptr) co_await rt::sleep_ms(kPointPollMs);
  }
  record.applied = record.verified = monotonic_now();
  record.bit = hit != nullptr;
  record.proof = hit == nullptr
                     ? "nobody came to " + point
                     : hit->id + " pid " + std::to_string(hit->pid) + " ended at " + point;
  if (hit != nullptr) {
    const Hit only = *hit;
    record.hits = {only};
    record.targets = {only.id};
    if (!kills) {
      co_await hold(context, record);
      (void)co_await context.cluster.signal("cont", only.id);
    }
  }
  co_await heal_and_prove(context, record);
  context.guardian.done_all(promises);
}

}  // namespace multiaz::chaos
