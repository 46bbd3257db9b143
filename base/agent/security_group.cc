#include "base/agent/security_group.h"

#include "base/rt/fabric.h"

namespace multiaz::agent {

constexpr size_t kReportedMax = 1000;

SecurityGroup::SecurityGroup(std::string tier, Report report)
    : group_(sg::group_of_tier(tier)), report_(std::move(report)) {}

SecurityGroup::~SecurityGroup() {
  rt::fabric().set_guard(nullptr, nullptr);
}

void SecurityGroup::take(const wire::TopologyUpdate& topology) {
  rules_.clear();
  members_.clear();
  for (const wire::SecurityRule& one : topology.security) {
    if (one.group != group_) continue;
    rules_.push_back({one.group, one.port_low, one.port_high, one.source, ""});
  }
  for (const wire::InstanceInfo& one : topology.instances) {
    const auto address = rt::parse_address(one.address);
    if (address) members_.push_back({one.id, sg::group_of_tier(one.tier), address->ip});
  }
  if (topology.security.empty()) {
    rt::fabric().set_guard(nullptr, nullptr);
    return;
  }
  const auto guard = [this](uint32_t from, uint16_t port) {
    const sg::Verdict verdict = sg::judge(rules_, members_, from, group_, port);
    return verdict.allowed ? std::string() : verdict.because;
  };
  rt::fabric().set_guard(guard, [this](rt::Address from, rt::Address to, const std::string& why) {
    on_denied(from, to, why);
  });
}

// A client that retries without end must not fill the log.
void SecurityGroup::on_denied(rt::Address from, rt::Address to, const std::string& why) {
  if (reported_.size() > kReportedMax) reported_.clear();
  Nanos& last = reported_[from.ip_text() + ">" + std::to_string(to.port)];
  const Nanos now = monotonic_now();
  if (last != 0 && now - last < kSecond) return;
  last = now;
  std::string name = from.ip_text();
  for (const sg::Member& one : members_) {
    if (one.ip == from.ip) name = one.id + " (" + name + ")";
  }
  wire::EventReport report;
  report.t_ns = now;
  report.kind = "denied";
  report.text = name + " -> " + to.text() + ": " + why;
  report.fields["from"] = from.ip_text();
  report.fields["port"] = std::to_string(to.port);
  report_(std::move(report));
}

}  // namespace multiaz::agent
