#include "orchestrator/control/topology.h"

#include <utility>

namespace multiaz::orchestrator {

namespace {

// The distance between zones is no fault, but it works like one; it cannot be healed.
void add_latency(const Plan& plan, std::vector<wire::FaultInfo>& faults) {
  constexpr uint64_t kForEverMs = uint64_t{365} * 24 * 3600 * 1000;
  if (plan.zone_latency_ms == 0) return;
  for (size_t a = 0; a < plan.zones.size(); ++a) {
    for (size_t b = a + 1; b < plan.zones.size(); ++b) {
      wire::FaultInfo info;
      info.id = "latency " + plan.zones[a] + " " + plan.zones[b];
      info.kind = "delay";
      info.a = zone_block(plan, a);
      info.b = zone_block(plan, b);
      info.delay_ms = plan.zone_latency_ms;
      info.jitter_ms = plan.zone_jitter_ms;
      info.ttl_ms = kForEverMs;
      faults.push_back(std::move(info));
    }
  }
}

}  // namespace

InstanceState traffic_state(const State& state, const Instance& one) {
  if (one.state != InstanceState::kReady || !one.scaled.on) return one.state;
  if (one.port_taken) return InstanceState::kStarting;  // another process answers there
  const bool out = one.scaled.leaving.on || one.scaled.standby;
  if (out) return InstanceState::kDraining;
  const bool kept_out =
      state.suspended.contains("AddToLoadBalancer") && one.scaled.in_service_at == 0;
  return !one.scaled.launch_hook_done || kept_out ? InstanceState::kStarting : one.state;
}

wire::TopologyUpdate topology_of(const State& state, const FaultTable& faults, Nanos monotonic) {
  wire::TopologyUpdate update;
  update.version = state.topology_version;
  update.cluster = state.cluster_id;
  for (const auto& [id, one] : state.instances) {
    wire::InstanceInfo info;
    info.id = id;
    info.tier = one.tier;
    info.zone = one.zone;
    info.address = one.address;
    info.port = one.port;
    info.role = role_of(state.plan, state.views, id);
    info.state = std::string(to_string(traffic_state(state, one)));
    update.instances.push_back(std::move(info));
  }
  for (const auto& [name, view] : state.views) {
    wire::GroupInfo info;
    info.name = name;
    info.epoch = view.epoch.raw;
    info.primary = view.primary.raw;
    for (const replication::MemberRef& member : view.in_sync) info.in_sync.push_back(member.id.raw);
    for (const replication::LearnerRef& one : view.learners) info.learners.push_back(one.id.raw);
    update.groups.push_back(std::move(info));
  }
  update.faults = faults.to_wire(monotonic);
  add_latency(state.plan, update.faults);
  for (const sg::Rule& one : state.security) {
    update.security.push_back({one.group, one.port_low, one.port_high, one.source});
  }
  update.settings = state.settings;
  update.settings["profile"] = state.plan.profile;
  if (!state.plan.balancer.empty()) update.settings["lb"] = state.plan.balancer;
  std::string shifted;
  for (const auto& [zone, until] : state.shifts) shifted += (shifted.empty() ? "" : ",") + zone;
  if (!shifted.empty()) update.settings["zones_shifted"] = shifted;
  return update;
}

}  // namespace multiaz::orchestrator
