// The control plane is not ordered to signal itself: chaos sends these signals.
#include <signal.h>

#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/faults/fault.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

namespace {

// True when a signal was sent and the process was seen to have obeyed.
rt::Task<bool> strike_orchestrator(FaultContext& context, FaultRecord& record, int signum) {
  const Hit hit =
      co_await signal_and_see("orchestrator", context.cluster.orchestrator_now(), signum);
  record.targets.push_back(hit.id);
  record.applied = hit.at;
  record.verified = monotonic_now();
  record.bit = hit.verified;
  record.proof = "orchestrator pid " + std::to_string(hit.pid) + (hit.verified ? "" : " NOT seen");
  record.hits.push_back(hit);
  co_return hit.verified;
}

}  // namespace

rt::Task<void> fault_orchestrator_kill(FaultContext& context, FaultRecord& record) {
  (void)co_await strike_orchestrator(context, record, SIGKILL);
  record.healed = monotonic_now();
}

rt::Task<void> fault_orchestrator_stop(FaultContext& context, FaultRecord& record) {
  const Nanos until = monotonic_now() + record.spec.for_ms * kMillisecond;
  const int pid = context.cluster.orchestrator_now();
  const uint64_t promise = context.guardian.continue_at(pid, until);
  const bool stopped = co_await strike_orchestrator(context, record, SIGSTOP);
  co_await hold(context, record);
  if (stopped) ::kill(pid, SIGCONT);
  context.guardian.done(promise);
  record.left_behind = rt::process_state(pid) == 'T';
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
