#include "chaos/faults/fault.h"

namespace multiaz::chaos {

rt::Task<void> fault_kill(FaultContext& context, FaultRecord& record) {
  const bool found = co_await aim(context, record);
  if (!found) co_return;
  for (const std::string& id : record.targets) {
    const auto hits = co_await context.cluster.signal("kill", id);
    note_hits(record, hits);
  }
  record.healed = record.applied;  // who replaces the dead is the control plane's part
}

}  // namespace multiaz::chaos
