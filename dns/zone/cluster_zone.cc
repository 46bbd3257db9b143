#include "dns/zone/cluster_zone.h"

#include <algorithm>

#include "base/wire/dns.h"

namespace multiaz::dns {

namespace {

std::string full(const std::string& name) {
  return name + "." + kOrigin;
}

RecordSet address_of(const std::string& name, const std::string& address, uint32_t ttl_s) {
  RecordSet out;
  out.name = full(name);
  out.type = wire::dns::kA;
  out.ttl_s = ttl_s;
  out.values = {address};
  return out;
}

void add_balancer(const KnownInstance& lb, const ZoneTimes& times, Zone& zone) {
  HealthCheck check;
  check.id = lb.id;
  check.address = lb.address;
  check.port = lb.port;
  check.path = "/health";
  check.interval_ms = times.interval_ms;
  check.timeout_ms = times.timeout_ms;
  zone.checks.push_back(std::move(check));
  if (lb.shifted) return;
  for (const auto& [name, policy] : {std::pair{std::string("shop"), Policy::kMultivalue},
                                     std::pair{lb.zone + ".shop", Policy::kMultivalue},
                                     std::pair{std::string("near.shop"), Policy::kLatency}}) {
    RecordSet one = address_of(name, lb.address, times.alias_ttl_s);
    one.policy = policy;
    one.set_identifier = lb.id;
    if (policy == Policy::kLatency) one.zone = lb.zone;
    one.health_check = lb.id;
    zone.records.push_back(std::move(one));
  }
}

void add_primary(const KnownInstance& one, const ZoneTimes& times, Zone& zone) {
  RecordSet out;
  out.name = full("primary." + one.tier);
  out.type = wire::dns::kCname;
  out.ttl_s = times.endpoint_ttl_s;
  out.values = {full(one.id)};
  zone.records.push_back(std::move(out));
}

void add_own(const KnownCluster& cluster, Zone& zone) {
  RecordSet name_server;
  name_server.name = kOrigin;
  name_server.type = wire::dns::kNs;
  name_server.ttl_s = 172'800;
  name_server.values = {zone.name_server};
  zone.records.push_back(std::move(name_server));
  RecordSet text;
  text.name = kOrigin;
  text.type = wire::dns::kTxt;
  text.values = {"cluster=" + cluster.name};
  zone.records.push_back(std::move(text));
}

}  // namespace

ZoneTimes zone_times(const std::string& profile) {
  if (profile != "fast") return ZoneTimes();
  ZoneTimes fast;
  fast.alias_ttl_s = 1;
  fast.endpoint_ttl_s = 1;
  fast.interval_ms = 200;
  fast.timeout_ms = 300;
  return fast;
}

Zone cluster_zone(const KnownCluster& cluster, const ZoneTimes& times, const Additions& added) {
  Zone zone;
  zone.origin = kOrigin;
  zone.name_server = full("ns1");
  zone.negative_ttl_s = times.endpoint_ttl_s;
  zone.availability_zones = cluster.zones;
  add_own(cluster, zone);
  static const std::map<std::string, std::string> kNames = {
      {"cache", "cache"}, {"cache_reader", "cache-ro"},
      {"db", "db"},       {"db_reader", "db-ro"},
      {"api", "api"},     {"dns", "ns1"}};
  for (const auto& [endpoint, address] : cluster.endpoints) {
    const auto name = kNames.find(endpoint);
    if (name == kNames.end()) continue;
    zone.records.push_back(address_of(name->second, address, times.endpoint_ttl_s));
  }
  for (const KnownInstance& one : cluster.instances) {
    if (one.tier == "dns") continue;
    zone.records.push_back(address_of(one.id, one.address, times.endpoint_ttl_s));
    if (one.tier == "lb") add_balancer(one, times, zone);
    if (one.primary) add_primary(one, times, zone);
  }
  for (const HealthCheck& one : added.checks) zone.checks.push_back(one);
  for (const RecordSet& one : added.records) {
    // Records that users add under a name and type replace those that the cluster has there.
    std::erase_if(zone.records, [&](const RecordSet& ours) {
      return wire::dns::same_name(ours.name, one.name) && ours.type == one.type &&
             (ours.policy != one.policy || ours.set_identifier == one.set_identifier);
    });
    zone.records.push_back(one);
  }
  return zone;
}

}  // namespace multiaz::dns
