// The control plane is not asked to hurt itself: by our own hand.
#include <signal.h>

#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/faults/fault.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

namespace {

// True when a signal was sent and the process was seen to have obeyed.
rt::Task<bool> strike_orchestrator(FaultContext& context, FaultRecord& record, int signum) {
  Hit hit;
  hit.id = "orchestrator";
  hit.pid = context.cluster.orchestrator_now();
  record.targets.push_back(hit.id);
  record.applied = hit.at = monotonic_now();
  const bool sent = hit.pid > 1 && ::kill(hit.pid, signum) == 0;
  for (int i = 0; i < 400 && sent && !hit.verified; ++i) {
    hit.verified =
        signum == SIGSTOP ? rt::process_state(hit.pid) == 'T' : rt::process_gone(hit.pid);
    if (!hit.verified) co_await rt::sleep_ms(1);
  }
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
