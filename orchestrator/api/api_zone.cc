// The route that treats a whole availability zone as a unit: kill, cut, slow, shift and heal.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "orchestrator/api/api.h"

namespace multiaz::orchestrator {

namespace {

// {"action":"down"}, or {"down":true} for short.
Result<std::string> zone_action(const nlohmann::json& body) {
  if (body.contains("down")) {
    const auto down = jsonio::flag(body, "down");
    if (!down) return down.error();
    return std::string(*down ? "down" : "up");
  }
  const auto action = text_of(body, "action", nullptr);
  if (!action) return action;
  for (const char* known : {"down", "up", "shift", "unshift", "cut", "slow", "heal"}) {
    if (*action == known) return action;
  }
  return Error(
      Code::kInvalid,
      "\"action\" is one of down, up, shift, unshift, cut, slow, heal, not '" + *action + "'");
}

Status check_zone(const Cluster& cluster, const std::string& zone) {
  const auto& zones = cluster.plan().zones;
  if (std::find(zones.begin(), zones.end(), zone) != zones.end()) return Status();
  std::string all;
  for (const std::string& one : zones) all += " " + one;
  return Error(Code::kInvalid, "unknown zone '" + zone + "'; the zones are" + all);
}

// Disturbs every link that leaves the zone: to the other zones and to the control plane.
rt::Task<Result<Hits>> disturb(Cluster& cluster, std::string zone, bool cut, uint64_t for_ms,
                               uint64_t delay_ms) {
  std::vector<std::string> others;
  for (const std::string& one : cluster.plan().zones) {
    if (one != zone) others.push_back(one);
  }
  if (cluster.plan().instance("dns-1")) others.emplace_back("dns-1");
  // This end comes last, so that instances of the zone get the other faults before.
  others.emplace_back(kControlEnd);
  std::vector<std::string> touched;
  for (const std::string& other : others) {
    Fault fault;
    fault.kind = cut ? "cut" : "delay";
    fault.a = zone;
    fault.b = other;
    fault.owner = "zone " + zone;
    fault.delay_ms = cut ? 0 : delay_ms;
    const auto placed = place_fault(cluster, std::move(fault), for_ms);
    if (!placed) {
      (void)cluster.order([&](ControlPlane& plane) {
        return plane.faults.heal("owner:zone " + zone, "a part of it could not be placed");
      });
      co_return placed.error();
    }
    touched.insert(touched.end(), placed->touched.begin(), placed->touched.end());
  }
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  // The instances of the zone got the rules before their link to the control plane was held, so
  // only the others are awaited.
  std::erase_if(touched, [&](const std::string& id) {
    const auto found = cluster.instances().find(id);
    return found == cluster.instances().end() || found->second.zone == zone;
  });
  cluster.event("api", cut ? "zone-cut" : "zone-slow", zone,
                std::string(cut ? "cut off from" : "slow to") +
                    " the other zones and the control plane for " + std::to_string(for_ms) + " ms");
  Hits hits = co_await await_topology(cluster, touched, cluster.topology_version());
  co_return hits;
}

}  // namespace

rt::Task<http::Response> post_zone(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto zone = text_of(*body, "zone", nullptr);
  if (!zone) co_return api_error(zone.error());
  const auto for_ms = number_of(*body, "for_ms", 0, kSpanMsMax);
  if (!for_ms) co_return api_error(for_ms.error());
  const auto delay_ms = number_of(*body, "delay_ms", 0, kDelayMsMax);
  if (!delay_ms) co_return api_error(delay_ms.error());
  const auto action = zone_action(*body);
  if (!action) co_return api_error(action.error());
  const Status known = check_zone(api.cluster, *zone);
  if (!known) co_return api_error(known.error());
  if (*action == "down") {
    const auto hits = co_await order_zone_down(api.cluster, *zone, *for_ms);
    co_return api_hits(hits);
  }
  if (*action == "cut" || *action == "slow") {
    const uint64_t span_ms = *for_ms == 0 ? kFaultMsDefault : *for_ms;
    const auto hits = co_await disturb(api.cluster, *zone, *action == "cut", span_ms, *delay_ms);
    co_return api_hits(hits);
  }
  api.cluster.order([&](ControlPlane& plane) {
    if (*action == "up") plane.zones.release(*zone, "ordered");
    if (*action == "shift") plane.zones.shift(*zone, *for_ms, "ordered");
    if (*action == "unshift") plane.zones.unshift(*zone, "CANCELED");
    if (*action == "heal") (void)plane.faults.heal("owner:zone " + *zone, "ordered");
  });
  const Result<Hits> nobody = Hits();
  co_return api_hits(nobody);
}

}  // namespace multiaz::orchestrator
