// The name server answers every question, and the answer fits and can be read.
#include <string>

#include "base/core/check.h"
#include "base/wire/dns.h"
#include "dns/zone/answer.h"
#include "dns/zone/cluster_zone.h"

using namespace multiaz;

static dns::Zone some_zone() {
  dns::KnownCluster cluster;
  cluster.name = "fuzz";
  cluster.zones = {"az-a", "az-b"};
  cluster.endpoints = {{"cache", "127.20.0.6"}};
  cluster.instances = {{"lb-a1", "lb", "az-a", "127.20.1.11", "ready", 8080, false, false},
                       {"db-b1", "db", "az-b", "127.20.2.51", "ready", 5432, true, false}};
  dns::Additions added;
  dns::RecordSet wild;
  wild.name = "*.w.multiaz.test";
  wild.type = wire::dns::kTxt;
  wild.values = {std::string(600, 'x')};
  added.records.push_back(wild);
  return dns::cluster_zone(cluster, dns::zone_times("fast"), added);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const dns::Zone zone = some_zone();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto query = wire::dns::decode(bytes);
  if (!query || query->response) return 0;
  const dns::IsHealthy healthy = [&](const std::string&) { return size % 2 == 0; };
  const auto out = dns::answer(zone, healthy, {size % 3 ? "az-a" : "", size}, *query);
  CHECK(out.response && out.id == query->id);
  (void)dns::client_subnet(*query);
  for (const size_t limit : {wire::dns::kUdpBytesMax, wire::dns::kMessageBytesMax}) {
    const auto written = wire::dns::encode(out, limit);
    CHECK(written.ok() && written->size() <= limit);
    CHECK(wire::dns::decode(*written).ok());
  }
  return 0;
}
