#include "base/rt/sync.h"
#include "chaos/faults/fault.h"

namespace multiaz::chaos {

rt::Task<void> fault_failover(FaultContext& context, FaultRecord& record) {
  const std::string group = record.spec.target.substr(0, record.spec.target.find(':'));
  record.targets.push_back(group);
  record.applied = monotonic_now();
  const Status done = co_await context.cluster.failover(group, "");
  record.verified = record.healed = monotonic_now();
  record.bit = done.ok();
  record.proof = done ? "the role of " + group + " was handed over" : done.error().detail;
}

}  // namespace multiaz::chaos
