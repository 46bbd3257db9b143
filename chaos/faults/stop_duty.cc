// Stopped for a share of each period: neither dead nor well.
#include <signal.h>

#include <algorithm>

#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/faults/bites.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

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
    for (Hit& hit : record.hits) {  // looked at now: a process with threads takes its time to stop
      hit.verified = hit.verified || rt::process_state(hit.pid) == 'T';
      ::kill(hit.pid, SIGCONT);
    }
    (void)co_await rt::sleep_ms(period_ms * (100 - percent) / 100 + 1, context.stop);
    ++turns;
  }
  record.bit = turns > 1 && std::all_of(record.hits.begin(), record.hits.end(),
                                        [](const Hit& hit) { return hit.verified; });
  record.proof = std::to_string(turns) + " turns of state T";
  record.verified = record.applied;
  for (const Hit& hit : record.hits) {
    record.left_behind = record.left_behind || rt::process_state(hit.pid) == 'T';
  }
  context.guardian.done_all(promises);
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
