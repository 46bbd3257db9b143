// The answer of an authoritative server: a pure function of the zone, the health of its endpoints,
// the client, and a random number.
//
// Routing policies as Route 53 documents them: a group whose records are all unhealthy counts as
// healthy; weight 0 is chosen only when every weight is 0 or no other record is healthy; a failover
// primary that is unhealthy gives way unless the secondary is unhealthy, too; multivalue gives up
// to eight records.
#pragma once

#include <functional>
#include <string>

#include "base/wire/dns.h"
#include "base/zone/records.h"

namespace multiaz::dns {

struct Asker {
  std::string zone;  // availability zone of the client; "" when unknown
  uint64_t random = 0;  // the random number for weighted choices and orders
};

// The health of a health check by id; unknown ids count as healthy (no data yet).
using IsHealthy = std::function<bool(const std::string& check)>;

// The whole response, including errors: FORMERR, NOTIMP, REFUSED (not our zone), NXDOMAIN with SOA,
// NOERROR without records (NODATA) with SOA. REQUIRES: the query was decoded, and is not a
// response.
wire::dns::Message answer(const Zone& zone, const IsHealthy& healthy, const Asker& asker,
                          const wire::dns::Message& query);

// The client's address in an EDNS Client Subnet option (RFC 7871), IPv4 only; 0 for none.
uint32_t client_subnet(const wire::dns::Message& query);

}  // namespace multiaz::dns
