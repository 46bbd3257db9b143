#include "chaos/faults/fault.h"
#include "chaos/workloads/resp_link.h"

namespace multiaz::chaos {

rt::Task<void> fault_cache_flush(FaultContext& context, FaultRecord& record) {
  record.targets.emplace_back("cache:primary");
  RespLink link(context.cluster.facts().endpoint("cache"));
  const clients::Command size = {"DBSIZE"}, flush = {"FLUSHALL"};
  const auto before = co_await link.call(size, kProbeTimeoutMs);
  record.applied = monotonic_now();
  const auto flushed = co_await link.call(flush, kProbeTimeoutMs);
  record.verified = record.healed = monotonic_now();
  const bool done = flushed.end == Operation::End::kOk;
  record.bit = done && before.reply.integer > 0;
  record.proof = done ? std::to_string(before.reply.integer) + " keys were there" : flushed.text;
}

}  // namespace multiaz::chaos
