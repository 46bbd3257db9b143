// The zone of a cluster, as it would be configured in Route 53, made from what is known of its
// instances and from the records that users have added. Pure.
//
//   shop                the load balancer nodes that are healthy (as the alias of an ALB)
//   az-b.shop           those of one zone
//   near.shop           the nearest of them, by the client's zone
//   cache cache-ro db db-ro api   the endpoints that survive a failover
//   primary.db primary.cache      CNAME of the instance that is primary now
//   web-a1 ...          every instance
//   multiaz.test TXT    the cluster's name
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/zone/records.h"

namespace multiaz::dns {

struct KnownInstance {
  std::string id, tier, zone, address, state;
  uint16_t port = 0;
  bool primary = false;
  bool shifted = false;  // its zone is shifted away, so it is in no answer
};

struct KnownCluster {
  std::string name;
  std::vector<std::string> zones;
  std::vector<KnownInstance> instances;
  std::map<std::string, std::string> endpoints;  // "cache" -> address
};

struct ZoneTimes {
  uint32_t alias_ttl_s = 60, endpoint_ttl_s = 5;
  uint64_t interval_ms = 30'000, timeout_ms = 4'000;
};
ZoneTimes zone_times(const std::string& profile);

constexpr const char* kOrigin = "multiaz.test";

// The serial is set by the code that publishes the zone.
Zone cluster_zone(const KnownCluster& cluster, const ZoneTimes& times, const Additions& added);

}  // namespace multiaz::dns
