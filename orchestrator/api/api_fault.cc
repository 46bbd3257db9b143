// Routes for faults of links and inside processes, and for orderly failovers.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/core/jsonio.h"
#include "base/faults/checks.h"
#include "orchestrator/api/api.h"

namespace multiaz::orchestrator {

namespace {

// One end of a link fault: its addresses and the instances that have them.
struct End {
  std::vector<std::string> addresses, ids;
};

Result<End> resolve_end(Cluster& cluster, const std::string& target) {
  End end;
  const auto& zones = cluster.plan().zones;
  const auto zone = std::find(zones.begin(), zones.end(), target);
  if (zone != zones.end()) {
    end.addresses.push_back(zone_block(cluster.plan(), static_cast<size_t>(zone - zones.begin())));
    for (const auto& [id, one] : cluster.instances()) {
      if (one.zone == target) end.ids.push_back(id);
    }
    return end;
  }
  if (target == kControlEnd) {
    end.addresses.push_back(cluster.plan().endpoint("control")->address);
    return end;
  }
  const auto ids = cluster.resolve(target);
  if (!ids) return ids.error();
  end.ids = *ids;
  for (const std::string& id : *ids) {
    const auto one = cluster.instances().find(id);
    if (one != cluster.instances().end()) end.addresses.push_back(one->second.address);
  }
  return end;
}

// No value is larger than this; each kind of fault has a bound of its own below it.
constexpr uint64_t kFigureMax = 1'000'000'000;

struct FaultOrder {
  Fault fault;
  uint64_t for_ms = 0;
};

Result<FaultOrder> read_fault(const nlohmann::json& body) {
  FaultOrder order;
  Fault& fault = order.fault;
  const auto named = text_of(body, "kind", nullptr);
  if (!named) return named.error();
  fault.kind = *named;
  const auto kind = placeable(fault.kind);
  if (!kind) return kind.error();
  const bool link = (*kind)->scope == FaultScope::kLink;
  const char* optional = link ? nullptr : "";
  for (auto [key, into, fallback] : {std::tuple{"a", &fault.a, static_cast<const char*>(nullptr)},
                                     {"b", &fault.b, optional},
                                     {"point", &fault.point, static_cast<const char*>("")}}) {
    const auto text = text_of(body, key, fallback);
    if (!text) return text.error();
    *into = *text;
  }
  if (!link && !fault.b.empty()) {
    return Error(Code::kInvalid, fault.kind + " is inside a process: it has no \"b\"");
  }
  const auto owner = text_of(body, "owner", "api");
  if (!owner) return owner.error();
  fault.owner = *owner;
  const auto for_ms = number_of(body, "for_ms", kFaultMsDefault, kFaultMsMax);
  if (!for_ms) return for_ms.error();
  if (*for_ms == 0) {
    return Error(Code::kInvalid, "\"for_ms\" goes from 1 to " + std::to_string(kFaultMsMax));
  }
  order.for_ms = *for_ms;
  for (auto [key, into] : {std::pair{"delay_ms", &fault.delay_ms},
                           {"jitter_ms", &fault.jitter_ms},
                           {"amount", &fault.amount},
                           {"percent", &fault.percent}}) {
    const auto number = number_of(body, key, 0, kFigureMax);
    if (!number) return number.error();
    *into = *number;
  }
  return order;
}

}  // namespace

namespace {

Result<Fault> place_inside(Cluster& cluster, const FaultKind& kind, Fault fault) {
  const auto ids = cluster.resolve(fault.a);
  if (!ids) return ids.error();
  for (const std::string& id : *ids) {
    const auto found = cluster.instances().find(id);
    if (found == cluster.instances().end()) continue;
    const Instance& one = found->second;
    const bool fits = has_word(kind.tiers, one.tier);
    if (!fits || one.mute) {
      return Error(Code::kInvalid, fault.kind + " cannot be inside " + id + ": it is a fault of " +
                                       std::string(kind.tiers) +
                                       (fits ? ", and this is a foreign program" : ""));
    }
    fault.touched.push_back(id);
    fault.from.push_back(one.address);
  }
  return cluster.order([&](ControlPlane& plane) { return plane.faults.add(std::move(fault)); });
}

}  // namespace

Result<Fault> place_fault(Cluster& cluster, Fault order, uint64_t for_ms) {
  Fault& fault = order;
  fault.since = monotonic_now();
  fault.until = fault.since + for_ms * kMillisecond;
  const FaultKind* kind = find_fault(fault.kind);
  if (kind && kind->scope == FaultScope::kProcess)
    return place_inside(cluster, *kind, std::move(fault));
  const auto from = resolve_end(cluster, fault.a);
  if (!from) return from.error();
  const auto to = resolve_end(cluster, fault.b);
  if (!to) return to.error();
  fault.from = from->addresses;
  fault.to = to->addresses;
  // An instance that is cut off from the control plane cannot report the effect of the fault. The
  // orchestrator itself holds the bytes of that link, so nothing has to be awaited.
  if (!touches_control(fault)) fault.touched = from->ids;
  for (const std::string& id : to->ids) {
    const auto known = std::find(fault.touched.begin(), fault.touched.end(), id);
    if (known == fault.touched.end() && !touches_control(fault)) fault.touched.push_back(id);
  }
  if (fault.from == fault.to) {
    return Error(Code::kInvalid, fault.a + " and " + fault.b + " are the same end of a link");
  }
  return cluster.order([&](ControlPlane& plane) { return plane.faults.add(std::move(fault)); });
}

rt::Task<http::Response> post_fault(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  auto order = read_fault(*body);
  if (!order) co_return api_error(order.error());
  const uint64_t for_ms = order->for_ms;
  const auto placed = place_fault(api.cluster, order->fault, for_ms);
  if (!placed) co_return api_error(placed.error());
  const Fault fault = *placed;
  api.cluster.event("api", "fault", fault.id,
                    fault.kind + " " + fault.a + (fault.b.empty() ? "" : " " + fault.b) + " for " +
                        std::to_string(for_ms) + " ms, owner " + fault.owner);
  const uint64_t version = api.cluster.topology_version();
  const Hits hits = co_await await_topology(api.cluster, fault.touched, version);
  nlohmann::ordered_json out = hits_json(hits);
  out["id"] = fault.id;
  out["kind"] = fault.kind;
  out["until_ns"] = fault.until;
  co_return api_json(out);
}

rt::Task<http::Response> post_heal(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto id = text_of(*body, "id", "all");
  if (!id) co_return api_error(id.error());
  std::vector<std::string> touched;
  nlohmann::ordered_json healed = nlohmann::ordered_json::array();
  const std::vector<Fault> faults =
      api.cluster.order([&](ControlPlane& plane) { return plane.faults.heal(*id, "ordered"); });
  if (faults.empty() && *id != "all") {
    co_return api_error(Error(Code::kNotFound, "there is no fault '" + *id + "'"));
  }
  for (const Fault& fault : faults) {
    healed.push_back(fault.id);
    touched.insert(touched.end(), fault.touched.begin(), fault.touched.end());
  }
  const uint64_t version = api.cluster.topology_version();
  const Hits hits = co_await await_topology(api.cluster, touched, version);
  nlohmann::ordered_json out = hits_json(hits);
  out["healed"] = healed;
  co_return api_json(out);
}

rt::Task<http::Response> post_failover(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto name = text_of(*body, "group", nullptr);
  if (!name) co_return api_error(name.error());
  const auto to = text_of(*body, "to", "");
  if (!to) co_return api_error(to.error());
  const PlannedGroup* group = api.cluster.plan().group(*name);
  if (!group) {
    co_return api_error(
        Error(Code::kInvalid, "unknown group '" + *name + "'; the groups are cache and db"));
  }
  const bool member = std::any_of(group->members.begin(), group->members.end(),
                                  [&](const GroupMember& one) { return one.id == *to; });
  if (!to->empty() && !member) {
    co_return api_error(Error(Code::kInvalid, *to + " is not a member of " + *name));
  }
  const auto force = jsonio::flag(*body, "force", false);
  if (!force) co_return api_error(force.error());
  const bool forced = *force;
  if (forced && to->empty()) {
    co_return api_error(Error(Code::kInvalid, "a forced failover needs \"to\""));
  }
  api.cluster.event(
      "api", "failover", *name,
      (forced ? "forced failover" : "orderly failover") + (to->empty() ? "" : " to " + *to));
  const Nanos began = monotonic_now();
  const auto answer = co_await api.cluster.fail_over(*name, *to, forced);
  if (!answer) co_return api_error(answer.error());
  nlohmann::ordered_json out;
  out["ok"] = true;
  out["text"] = *answer;
  out["ms"] = (monotonic_now() - began) / kMillisecond;
  co_return api_json(out);
}

}  // namespace multiaz::orchestrator
