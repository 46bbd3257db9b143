// libpq has no setting for the source address of its connections. In a cluster an instance is known
// by its address, to security groups and to link faults, so its sockets must have it.
#pragma once

#include <cstdint>

namespace multiaz::clients {

// From now on, TCP sockets of this process that connect to 127.0.0.0/8 without having been bound
// are bound to `ip` (host byte order) first. 0 leaves the choice to the kernel.
void connect_from(uint32_t ip);

}  // namespace multiaz::clients
