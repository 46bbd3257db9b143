// Host names to addresses: numeric ones at once, others through the system's resolver off the loop.
#pragma once

#include <string>

#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/rt/task.h"

namespace multiaz::clients {

// The first IPv4 address of `host`. kUnavailable when there is none now.
rt::Task<Result<rt::Address>> resolve(std::string host, uint16_t port);

// The source address for a connection: our own on loopback, where it is our identity for security
// groups; the kernel's choice (ip 0) elsewhere.
rt::Address source_for(rt::Address self, rt::Address to);

}  // namespace multiaz::clients
