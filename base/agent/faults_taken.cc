#include "base/agent/faults_taken.h"

#include <utility>

#include "base/core/check.h"

namespace multiaz::agent {

namespace {

rt::LinkRule::Kind kind_of(LinkEffect effect) {
  switch (effect) {
    case LinkEffect::kCut: return rt::LinkRule::Kind::kCut;
    case LinkEffect::kDelay: return rt::LinkRule::Kind::kDelay;
    case LinkEffect::kDrop: return rt::LinkRule::Kind::kDrop;
    case LinkEffect::kReset: return rt::LinkRule::Kind::kReset;
    case LinkEffect::kBandwidth: return rt::LinkRule::Kind::kBandwidth;
  }
  CHECK(false);
}

}  // namespace

std::vector<rt::LinkRule> link_rules(const std::vector<wire::FaultInfo>& faults) {
  std::vector<rt::LinkRule> rules;
  const Nanos now = monotonic_now();
  for (const wire::FaultInfo& fault : faults) {
    const FaultKind* kind = find_fault(fault.kind);
    if (!kind || kind->scope != FaultScope::kLink) continue;
    const auto a = rt::parse_address_set(fault.a), b = rt::parse_address_set(fault.b);
    if (!a || !b) continue;
    rt::LinkRule rule;
    rule.id = fault.id;
    rule.kind = kind_of(kind->effect);
    rule.delay_ms = static_cast<uint32_t>(fault.delay_ms);
    rule.jitter_ms = static_cast<uint32_t>(fault.jitter_ms);
    rule.percent = static_cast<uint32_t>(fault.percent);
    rule.kbit_per_s = static_cast<uint32_t>(fault.amount);
    rule.until = now + fault.ttl_ms * kMillisecond;
    rule.from = *a;
    rule.to = *b;
    rules.push_back(rule);
    if (kind->one_way) continue;
    std::swap(rule.from, rule.to);
    rules.push_back(rule);
  }
  return rules;
}

std::vector<InnerRule> inner_rules(const std::vector<wire::FaultInfo>& faults, uint32_t self_ip) {
  std::vector<InnerRule> rules;
  const Nanos now = monotonic_now();
  for (const wire::FaultInfo& fault : faults) {
    const FaultKind* kind = find_fault(fault.kind);
    const auto at = rt::parse_address_set(fault.a);
    const bool inside = kind && kind->scope == FaultScope::kProcess;
    if (!inside || !at || !at->contains(self_ip)) continue;
    InnerRule rule;
    rule.id = fault.id;
    rule.kind = id_of(*kind);
    rule.amount = fault.amount;
    rule.percent = static_cast<uint32_t>(fault.percent);
    rule.point = fault.point;
    rule.until = now + fault.ttl_ms * kMillisecond;
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace multiaz::agent
