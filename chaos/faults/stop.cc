#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/faults/bites.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

rt::Task<void> fault_stop(FaultContext& context, FaultRecord& record) {
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  const Nanos until = monotonic_now() + record.spec.for_ms * kMillisecond;
  co_await note_pids(context, record);
  const std::vector<uint64_t> promises = context.guardian.continue_all(record.hits, until);
  record.hits.clear();  // those that are hit are noted when they are
  for (const std::string& id : record.targets) {
    const auto hits = co_await context.cluster.signal("stop", id);
    note_hits(record, hits);
  }
  co_await hold(context, record);
  // A stopped one may have been replaced meanwhile; nobody continues the dead.
  for (const Hit& hit : record.hits) {
    if (rt::process_state(hit.pid) == 'T') (void)co_await context.cluster.signal("cont", hit.id);
    if (rt::process_state(hit.pid) == 'T') record.left_behind = true;
  }
  context.guardian.done_all(promises);
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
