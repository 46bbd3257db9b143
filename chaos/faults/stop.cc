#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/faults/fault.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

rt::Task<void> fault_stop(FaultContext& context, FaultRecord& record) {
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  const Nanos until = monotonic_now() + record.spec.for_ms * kMillisecond;
  std::vector<uint64_t> promises;
  for (const std::string& id : record.targets) {
    const auto hits = co_await context.cluster.signal("stop", id);
    note_hits(record, hits);
    if (!hits) continue;
    for (const Hit& hit : *hits) promises.push_back(context.guardian.continue_at(hit.pid, until));
  }
  co_await hold(context, record);
  // A stopped one may have been replaced meanwhile; nobody continues the dead.
  for (const Hit& hit : record.hits) {
    if (rt::process_state(hit.pid) == 'T') (void)co_await context.cluster.signal("cont", hit.id);
    if (rt::process_state(hit.pid) == 'T') record.left_behind = true;
  }
  for (const uint64_t promise : promises) context.guardian.done(promise);
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
