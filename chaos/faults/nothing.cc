// The control run's fault: it does nothing, for as long.
#include "base/rt/sync.h"
#include "chaos/faults/fault.h"

namespace multiaz::chaos {

rt::Task<void> fault_nothing(FaultContext& context, FaultRecord& record) {
  record.applied = record.verified = monotonic_now();
  record.bit = true;
  record.proof = "nothing was to happen, and nothing was done";
  co_await hold(context, record);
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
