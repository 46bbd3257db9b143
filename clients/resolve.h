// Host names to addresses: a numeric one at once, others through the system's resolver off the
// loop.
#pragma once

#include <string>

#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/rt/task.h"

namespace multiaz::clients {

// The first IPv4 address of `host`. kUnavailable when there is none at the moment.
rt::Task<Result<rt::Address>> resolve(std::string host, uint16_t port);

// The source address for a connection: on loopback our own, which is our identity for security
// groups; elsewhere the kernel's choice (ip 0).
rt::Address source_for(rt::Address self, rt::Address to);

}  // namespace multiaz::clients
