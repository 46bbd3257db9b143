// Orders that an operator may give by mistake or as a trial: a failover, a suspended process of
// Auto Scaling, a security group without a rule that was needed.
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

rt::Task<void> fault_failover(FaultContext& context, FaultRecord& record) {
  const std::string group = record.spec.target.substr(0, record.spec.target.find(':'));
  record.targets.push_back(group);
  record.applied = monotonic_now();
  const Status done = co_await context.cluster.control().failover(group, "");
  record.verified = record.healed = monotonic_now();
  record.bit = done.ok();
  record.proof = done ? "the role of " + group + " was handed over" : done.error().detail;
}

// Suspends a process of Auto Scaling: nothing is launched, or nothing is replaced.
rt::Task<void> fault_asg_suspend(FaultContext& context, FaultRecord& record) {
  const std::string process = word(record.spec, "process");
  const auto order = [&](bool suspended) {
    return jsonio::dump(nlohmann::json{{"process", process}, {"suspended", suspended}});
  };
  ControlApi& control = context.cluster.control();
  record.targets.push_back(process);
  const Nanos until = monotonic_now() + record.spec.for_ms * kMillisecond;
  const uint64_t promise = context.guardian.post_at("/v1/asg/process", order(false), until);
  record.applied = monotonic_now();
  const auto done = co_await control.call("POST", "/v1/asg/process", order(true));
  const auto group = co_await control.call("GET", "/v1/asg", "");
  record.verified = monotonic_now();
  record.bit = done.ok() && group && group->find(process) != std::string::npos;
  record.proof = done ? process + " is suspended" : done.error().detail;
  co_await hold(context, record);
  const auto over = co_await control.call("POST", "/v1/asg/process", order(false));
  if (over) context.guardian.done(promise);
  record.left_behind = !over.ok();
  record.healed = monotonic_now();
}

// Revokes a rule that was needed, as an operator may do by mistake.
rt::Task<void> fault_sg_mistake(FaultContext& context, FaultRecord& record) {
  const FaultSpec& spec = record.spec;
  SgMistakeJson rule = {{"action", "revoke"},
                        {"group", word(spec, "group")},
                        {"source", word(spec, "source")},
                        {"port", figure(spec, "port")}};
  SgMistakeJson back = rule;
  back["action"] = "authorize";
  ControlApi& control = context.cluster.control();
  record.targets.push_back(jsonio::text_in(rule, "group"));
  const auto before = co_await control.call("GET", "/v1/sg", "");
  if (!before || !allowed(*before, rule)) {
    not_bitten(record, "there is no such rule: " + jsonio::dump(rule));
    co_return;
  }
  const Nanos until = monotonic_now() + spec.for_ms * kMillisecond;
  const uint64_t promise = context.guardian.post_at("/v1/sg", jsonio::dump(back), until);
  const auto revoked = co_await control.call("POST", "/v1/sg", jsonio::dump(rule));
  record.applied = monotonic_now();
  const auto after = co_await control.call("GET", "/v1/sg", "");
  record.bit = revoked.ok() && after && !allowed(*after, rule);
  record.proof = "from " + jsonio::text_in(rule, "source") + " to port " +
                 jsonio::dump(rule["port"]) + " of " + jsonio::text_in(rule, "group") +
                 (record.bit ? ": revoked" : ": NOT revoked");
  record.verified = monotonic_now();
  co_await hold(context, record);
  (void)co_await control.call("POST", "/v1/sg", jsonio::dump(back));
  const auto healed = co_await control.call("GET", "/v1/sg", "");
  record.left_behind = !healed || !allowed(*healed, rule);
  if (!record.left_behind) context.guardian.done(promise);
  record.healed = monotonic_now();
}

}  // namespace multiaz::chaos
