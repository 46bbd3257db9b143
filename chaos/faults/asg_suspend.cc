// A process of Auto Scaling is suspended: nothing is launched, or nothing is replaced.
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "chaos/faults/fault.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

rt::Task<void> fault_asg_suspend(FaultContext& context, FaultRecord& record) {
  const std::string process = word(record.spec, "process");
  nlohmann::json suspend, resume;
  suspend["process"] = resume["process"] = process;
  suspend["suspended"] = true;
  resume["suspended"] = false;
  record.targets.push_back(process);
  const Nanos until = monotonic_now() + record.spec.for_ms * kMillisecond;
  const uint64_t promise = context.guardian.post_at("/v1/asg/process", jsonio::dump(resume), until);
  record.applied = monotonic_now();
  const auto done = co_await context.cluster.call("POST", "/v1/asg/process", jsonio::dump(suspend));
  const auto group = co_await context.cluster.call("GET", "/v1/asg", "");
  record.verified = monotonic_now();
  record.bit = done.ok() && group && group->find(process) != std::string::npos;
  record.proof = done ? process + " is suspended" : done.error().detail;
  co_await hold(context, record);
  const auto over = co_await context.cluster.call("POST", "/v1/asg/process", jsonio::dump(resume));
  if (over) context.guardian.done(promise);
  record.left_behind = !over.ok();
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
