// Somebody revokes a rule that was needed.
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "chaos/faults/fault.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

namespace {

using SgMistakeJson = nlohmann::json;

bool allowed(const std::string& groups, const SgMistakeJson& rule) {
  const auto list = jsonio::parse(groups);
  for (const SgMistakeJson& group : list ? *list : SgMistakeJson()) {
    if (jsonio::text_in(group, "group") != jsonio::text_in(rule, "group")) continue;
    for (const SgMistakeJson& one : jsonio::items_in(group, "inbound")) {
      if (jsonio::count_in(one, "port_low") == jsonio::count_in(rule, "port") &&
          jsonio::text_in(one, "source") == jsonio::text_in(rule, "source")) {
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
  record.targets.push_back(jsonio::text_in(rule, "group"));
  const auto before = co_await context.cluster.call("GET", "/v1/sg", "");
  if (!before || !allowed(*before, rule)) {
    not_bitten(record, "there is no such rule: " + jsonio::dump(rule));
    co_return;
  }
  const Nanos until = monotonic_now() + spec.for_ms * kMillisecond;
  const uint64_t promise = context.guardian.post_at("/v1/sg", jsonio::dump(back), until);
  const auto revoked = co_await context.cluster.call("POST", "/v1/sg", jsonio::dump(rule));
  record.applied = monotonic_now();
  const auto after = co_await context.cluster.call("GET", "/v1/sg", "");
  record.bit = revoked.ok() && after && !allowed(*after, rule);
  record.proof = "from " + jsonio::text_in(rule, "source") + " to port " + jsonio::dump(rule["port"]) + " of " +
                 jsonio::text_in(rule, "group") + (record.bit ? ": revoked" : ": NOT revoked");
  record.verified = monotonic_now();
  co_await hold(context, record);
  (void)co_await context.cluster.call("POST", "/v1/sg", jsonio::dump(back));
  const auto healed = co_await context.cluster.call("GET", "/v1/sg", "");
  record.left_behind = !healed || !allowed(*healed, rule);
  if (!record.left_behind) context.guardian.done(promise);
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
