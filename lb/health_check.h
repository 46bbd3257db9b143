// One health check: GET /health on a fresh connection.
#pragma once

#include <cstdint>
#include <string>

#include "base/rt/address.h"
#include "base/rt/task.h"

namespace multiaz::lb {

struct ProbeResult {
  bool passed = false;
  std::string reason;  // "Target.Timeout: Request timed out"
};

rt::Task<ProbeResult> probe(rt::Address target, rt::Address from, uint64_t timeout_ms);

}  // namespace multiaz::lb
