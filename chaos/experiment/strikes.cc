#include <algorithm>
#include <span>

#include "base/rt/sync.h"
#include "chaos/experiment/round.h"
#include "chaos/faults/fault.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kStrikePollMs = 5, kDeadlinePollMs = 20;
constexpr uint64_t kFirstMsMax = 10'000;  // how long to wait for the fault that another one names
constexpr uint64_t kPatienceMs = 40'000;

struct Strikes {
  Testbed& testbed;
  const RoundPlan& plan;
  Nanos from;
  std::span<FaultRecord> faults;  // of this round

  rt::Task<Nanos> due_after(const FaultSpec& spec, Nanos due);
  rt::Task<void> strike(FaultRecord& fault);
};

// The target "fault:NAME" is the instance that the named fault has hit, known when it is injected.
// On a slow machine that is late, and the faults that follow keep their distance in time.
rt::Task<Nanos> Strikes::due_after(const FaultSpec& spec, Nanos due) {
  for (const FaultRecord& first : faults) {
    if (spec.target != "fault:" + first.spec.name) continue;
    const Nanos limit = due + kFirstMsMax * kMillisecond;
    while (first.applied == 0 && monotonic_now() < limit && !testbed.stop().requested()) {
      (void)co_await rt::sleep_ms(kStrikePollMs, testbed.stop());
    }
    const uint64_t apart_ms = spec.when.at_ms - std::min(spec.when.at_ms, first.spec.when.at_ms);
    co_return std::max(due, first.applied + apart_ms * kMillisecond);
  }
  co_return due;
}

rt::Task<void> Strikes::strike(FaultRecord& fault) {
  rt::Stop& stop = testbed.stop();
  const Trigger& when = fault.spec.when;
  const Nanos due = co_await due_after(fault.spec, from + when.at_ms * kMillisecond);
  const Nanos now = monotonic_now();
  if (due > now) (void)co_await rt::sleep_ms((due - now) / kMillisecond + 1, stop);
  bool came = true;
  if (!when.event.empty()) came = co_await testbed.events().wait_for(when, from, stop);
  if (!came || stop.requested()) {
    fault.proof = "its time did not come";
    co_return;
  }
  FaultContext context = {testbed.cluster(), testbed.guardian(), testbed.events(), stop, faults};
  co_await run_fault(context, fault);
  plan.tell(fault.spec.kind + " " + fault.spec.target + (fault.bit ? ": " : " DID NOT BITE: ") +
            fault.proof);
}

rt::Task<void> end_late_ones(rt::Nursery& faults, rt::Stop& stop, uint64_t within_ms, bool& late) {
  const Nanos limit = monotonic_now() + within_ms * kMillisecond;
  while (faults.size() > 1 && !stop.requested()) {
    if (monotonic_now() > limit) {
      late = true;
      stop.request();
    }
    co_await rt::sleep_ms(kDeadlinePollMs);
  }
}

uint64_t planned_ms(const Scenario& scenario) {
  uint64_t last_ms = 0;
  for (const FaultSpec& spec : scenario.faults) {
    last_ms = std::max(last_ms, spec.when.at_ms + spec.for_ms);
  }
  return last_ms;
}

}  // namespace

rt::Task<void> strike_all(Testbed& testbed, const RoundPlan& plan, Nanos from, RunRecord& record) {
  const size_t first = record.faults.size();
  for (FaultSpec spec : plan.scenario.faults) {
    if (plan.control) {
      spec.kind = "nothing";
      spec.when.point.clear();
      spec.when.event.clear();
      spec.until = Trigger();
      if (spec.for_ms == 0) spec.for_ms = kDeadlinePollMs;
    }
    FaultRecord fault;
    fault.spec = std::move(spec);
    record.faults.push_back(std::move(fault));
  }
  Strikes strikes{testbed, plan, from, std::span(record.faults).subspan(first)};
  rt::Nursery faults;
  for (FaultRecord& fault : strikes.faults) faults.spawn("fault", strikes.strike(fault));
  const uint64_t within_ms =
      plan.deadline_ms == 0 ? kPatienceMs + planned_ms(plan.scenario) : plan.deadline_ms;
  bool late = false;
  faults.spawn("deadline", end_late_ones(faults, testbed.stop(), within_ms, late));
  co_await faults.join();
  if (late) record.problem = "a fault was not over before the deadline";
}

}  // namespace multiaz::chaos
