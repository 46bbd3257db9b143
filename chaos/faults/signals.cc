// Signals to processes: once, repeatedly, for a while, or for a share of each period.
#include <signal.h>

#include <algorithm>

#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/faults/bites.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

// The kind is the signal's name: kill or restart.
rt::Task<void> fault_signal(FaultContext& context, FaultRecord& record) {
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  const std::string& verb = record.spec.kind;
  for (const std::string& id : record.targets) {
    const auto hits = co_await context.cluster.signal(verb, id);
    note_hits(record, hits);
  }
  // The control plane replaces a killed process, so nothing is left to heal.
  record.healed = verb == "kill" ? record.applied : monotonic_now();
}

// Kills the process as soon as it runs again: does the supervisor back off, and do the other
// processes notice?
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

rt::Task<void> fault_stop(FaultContext& context, FaultRecord& record) {
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  const Nanos until = monotonic_now() + record.spec.for_ms * kMillisecond;
  co_await note_pids(context, record);
  const std::vector<uint64_t> promises = context.guardian.continue_all(record.hits, until);
  record.hits.clear();  // hits are recorded when they happen
  for (const std::string& id : record.targets) {
    const auto hits = co_await context.cluster.signal("stop", id);
    note_hits(record, hits);
  }
  co_await hold(context, record);
  // A stopped instance may have been replaced meanwhile; a process that is gone is not continued.
  for (const Hit& hit : record.hits) {
    if (rt::process_state(hit.pid) == 'T') (void)co_await context.cluster.signal("cont", hit.id);
    if (rt::process_state(hit.pid) == 'T') record.left_behind = true;
  }
  context.guardian.done_all(promises);
  record.healed = monotonic_now();
}

// Stops the process for a share of each period, so that it is neither down nor healthy.
rt::Task<void> fault_stop_duty(FaultContext& context, FaultRecord& record) {
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  const uint64_t period_ms = figure(record.spec, "period_ms");
  const uint64_t percent = figure(record.spec, "percent");
  const Nanos end = monotonic_now() + record.spec.for_ms * kMillisecond;
  co_await note_pids(context, record);
  const std::vector<uint64_t> promises = context.guardian.continue_all(record.hits, end);
  record.applied = monotonic_now();
  uint64_t turns = 0;
  while (monotonic_now() < end && !context.stop.requested() && !record.hits.empty()) {
    for (const Hit& hit : record.hits) {
      if (hit.pid > 1) ::kill(hit.pid, SIGSTOP);
    }
    (void)co_await rt::sleep_ms(period_ms * percent / 100 + 1, context.stop);
    for (Hit& hit : record.hits) {  // checked now, as a process with threads takes its time to stop
      hit.verified = hit.verified || rt::process_state(hit.pid) == 'T';
      ::kill(hit.pid, SIGCONT);
    }
    (void)co_await rt::sleep_ms(period_ms * (100 - percent) / 100 + 1, context.stop);
    ++turns;
  }
  record.bit =
      turns > 1 && std::ranges::all_of(record.hits, [](const Hit& hit) { return hit.verified; });
  record.proof = std::to_string(turns) + " turns of state T";
  record.verified = record.applied;
  for (const Hit& hit : record.hits) {
    record.left_behind = record.left_behind || rt::process_state(hit.pid) == 'T';
  }
  context.guardian.done_all(promises);
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
