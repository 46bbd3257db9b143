#include "cli/addresses.h"

#include <unistd.h>

#include "base/rt/conn.h"

namespace multiaz::cli {

std::optional<std::string> why_taken(rt::Address address) {
  const auto fd = rt::open_listening_socket(address, 1);
  if (!fd) return fd.error().detail;
  close(*fd);
  return std::nullopt;
}

Result<int> find_free_octet(const std::vector<EndpointPort>& ports, int after) {
  std::string reason;
  for (int octet = after + 1; octet <= kOctetMax; ++octet) {
    bool free = true;
    for (const EndpointPort& one : ports) {
      const uint32_t ip =
          127U << 24 | static_cast<uint32_t>(octet) << 16 | static_cast<uint32_t>(one.last_octet);
      const auto taken = why_taken(rt::make_address(ip, one.port));
      if (!taken) continue;
      free = false;
      reason = *taken;
      break;
    }
    if (free) return octet;
  }
  return Error(Code::kConflict,
               "no free addresses for a cluster: the last one tried was " + reason +
                   ". If a program listens on that port on all addresses (0.0.0.0), stop it or "
                   "choose another port in the cluster.toml ([lb] port, [cache] port, ...)");
}

}  // namespace multiaz::cli
