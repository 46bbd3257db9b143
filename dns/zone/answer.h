// What an authoritative server answers: a pure function of the zone, the health of what it names,
// who asks, and a random number.
//
// Routing policies as Route 53 documents them: a group whose records are all unhealthy counts as
// healthy; weight 0 is chosen only when every weight is 0 or nothing else is healthy; a failover
// primary that is unhealthy gives way unless the secondary is, too; multivalue gives up to eight.
#pragma once

#include <functional>
#include <string>

#include "base/wire/dns.h"
#include "base/zone/records.h"

namespace multiaz::dns {

struct Asker {
  std::string zone;     // availability zone of the client; "" = unknown
  uint64_t random = 0;  // decides what chance decides
};

// By health check id; unknown ids count as healthy (no data yet).
using IsHealthy = std::function<bool(const std::string& check)>;

// The whole response, errors included: FORMERR, NOTIMP, REFUSED (not our zone), NXDOMAIN with SOA,
// NOERROR without records (NODATA) with SOA. REQUIRES: the query is a decoded one, not a response.
wire::dns::Message answer(const Zone& zone, const IsHealthy& healthy, const Asker& asker,
                          const wire::dns::Message& query);

// The client's address that an EDNS Client Subnet option names (RFC 7871), IPv4 only; 0 = none.
uint32_t client_subnet(const wire::dns::Message& query);

}  // namespace multiaz::dns
