#include "orchestrator/asg/metrics.h"

namespace multiaz::orchestrator {

// The rate of a counter per second; nothing before the second report.
std::optional<double> AsgMetrics::rate_of(const std::string& id, const char* counter) {
  const wire::StatusReport* report = c_.state.report(id);
  if (!report) return std::nullopt;
  const auto found = report->counters.find(counter);
  const auto reported = c_.state.reported_at.find(id);
  const Nanos at = reported == c_.state.reported_at.end() ? 0 : reported->second;
  if (found == report->counters.end() || at == 0) return std::nullopt;
  Counted& last = counted_[id];
  const Counted before = last;
  last = {report->launch, found->second, at};
  if (before.launch != report->launch || before.value > found->second || at <= before.at) {
    return std::nullopt;
  }
  return static_cast<double>(found->second - before.value) * 1e9 /
         static_cast<double>(at - before.at);
}

ScalingMetrics AsgMetrics::measure() {
  ScalingMetrics out;
  double cpu = 0, requests = 0;
  int64_t measured = 0;
  bool any_lb = false;
  for (const auto& [id, one] : c_.state.instances) {
    if (one.tier == "lb") {
      const auto rate = rate_of(id, "requests");
      if (rate) requests += *rate;
      any_lb = any_lb || rate.has_value();
    }
    if (!one.scaled.on || one.scaled.leaving.on || one.scaled.standby) continue;
    const auto used = rate_of(id, "cpu_us");
    if (!group_.member_of(one).warm) {
      ++out.warming;
      continue;
    }
    ++out.warm;
    if (!used) continue;
    cpu += *used / 1e4;  // microseconds a second become percent
    ++measured;
  }
  std::erase_if(counted_,
                [&](const auto& each) { return !c_.state.instances.contains(each.first); });
  if (measured > 0) out.cpu_percent = cpu / static_cast<double>(measured);
  if (any_lb) out.requests_per_s = requests;
  return out;
}

}  // namespace multiaz::orchestrator
