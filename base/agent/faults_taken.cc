#include "base/agent/faults_taken.h"

#include <utility>

namespace multiaz::agent {

namespace {

std::pair<std::string_view, rt::LinkRule::Kind> const kLinkKinds[] = {
    {"cut", rt::LinkRule::Kind::kCut},     {"cut_one_way", rt::LinkRule::Kind::kCut},
    {"delay", rt::LinkRule::Kind::kDelay}, {"black_hole", rt::LinkRule::Kind::kDrop},
    {"reset", rt::LinkRule::Kind::kReset}, {"bandwidth", rt::LinkRule::Kind::kBandwidth},
};

}  // namespace

std::vector<rt::LinkRule> link_rules(const std::vector<wire::FaultInfo>& faults) {
  std::vector<rt::LinkRule> rules;
  const Nanos now = monotonic_now();
  for (const wire::FaultInfo& fault : faults) {
    for (const auto& [name, kind] : kLinkKinds) {
      if (fault.kind != name) continue;
      const auto a = rt::parse_address_set(fault.a), b = rt::parse_address_set(fault.b);
      if (!a || !b) continue;
      rt::LinkRule rule;
      rule.id = fault.id;
      rule.kind = kind;
      rule.delay_ms = static_cast<uint32_t>(fault.delay_ms);
      rule.jitter_ms = static_cast<uint32_t>(fault.jitter_ms);
      rule.percent = static_cast<uint32_t>(fault.percent);
      rule.kbit_per_s = static_cast<uint32_t>(fault.amount);
      rule.until = now + fault.ttl_ms * kMillisecond;
      rule.from = *a;
      rule.to = *b;
      rules.push_back(rule);
      if (fault.kind == "cut_one_way") continue;
      std::swap(rule.from, rule.to);
      rules.push_back(rule);
    }
  }
  return rules;
}

std::vector<InnerRule> inner_rules(const std::vector<wire::FaultInfo>& faults, uint32_t self_ip) {
  std::vector<InnerRule> rules;
  const Nanos now = monotonic_now();
  for (const wire::FaultInfo& fault : faults) {
    const auto kind = inner_fault_from(fault.kind);
    const auto at = rt::parse_address_set(fault.a);
    if (!kind || !at || !at->contains(self_ip)) continue;
    InnerRule rule;
    rule.id = fault.id;
    rule.kind = *kind;
    rule.amount = fault.amount;
    rule.percent = static_cast<uint32_t>(fault.percent);
    rule.point = fault.point;
    rule.until = now + fault.ttl_ms * kMillisecond;
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace multiaz::agent
