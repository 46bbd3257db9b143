// Somebody revokes a rule that was needed.
#include <nlohmann/json.hpp>

#include "base/rt/sync.h"
#include "chaos/faults/fault.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

namespace {

using SgMistakeJson = nlohmann::json;

bool allowed(const std::string& groups, const SgMistakeJson& rule) {
  const SgMistakeJson list = SgMistakeJson::parse(groups, nullptr, false);
  for (const SgMistakeJson& group : list) {
    if (group.value("group", "") != rule.value("group", "")) continue;
    for (const SgMistakeJson& one : group["inbound"]) {
      if (one.value("port_low", 0) == rule.value("port", 0) &&
          one.value("source", "") == rule.value("source", "")) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

rt::Task<void> fault_sg_mistake(FaultContext& context, FaultRecord& record) {
  const FaultSpec& spec = record.spec;
  SgMistakeJson rule;
  rule["group"] = word(spec, "group");
  rule["source"] = word(spec, "source");
  rule["port"] = figure(spec, "port");
  SgMistakeJson back = rule;
  back["action"] = "authorize";
  rule["action"] = "revoke";
  record.targets.push_back(rule.value("group", ""));
  const auto before = co_await context.cluster.call("GET", "/v1/sg", "");
  if (!before || !allowed(*before, rule)) {
    not_bitten(record, "there is no such rule: " + rule.dump());
    co_return;
  }
  const Nanos until = monotonic_now() + spec.for_ms * kMillisecond;
  const uint64_t promise = context.guardian.post_at("/v1/sg", back.dump(), until);
  const auto revoked = co_await context.cluster.call("POST", "/v1/sg", rule.dump());
  record.applied = monotonic_now();
  const auto after = co_await context.cluster.call("GET", "/v1/sg", "");
  record.bit = revoked.ok() && after && !allowed(*after, rule);
  record.proof = "from " + rule.value("source", "") + " to port " + rule["port"].dump() + " of " +
                 rule.value("group", "") + (record.bit ? ": revoked" : ": NOT revoked");
  record.verified = monotonic_now();
  co_await hold(context, record);
  (void)co_await context.cluster.call("POST", "/v1/sg", back.dump());
  const auto healed = co_await context.cluster.call("GET", "/v1/sg", "");
  record.left_behind = !healed || !allowed(*healed, rule);
  if (!record.left_behind) context.guardian.done(promise);
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
