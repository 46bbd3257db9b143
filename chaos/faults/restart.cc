#include "chaos/faults/fault.h"

namespace multiaz::chaos {

rt::Task<void> fault_restart(FaultContext& context, FaultRecord& record) {
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  for (const std::string& id : record.targets) {
    const auto hits = co_await context.cluster.signal("restart", id);
    note_hits(record, hits);
  }
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
