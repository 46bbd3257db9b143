// One health check: a GET of the health path on a fresh connection.
#pragma once

#include <cstdint>
#include <string>

#include "base/rt/address.h"
#include "base/rt/task.h"

namespace multiaz::lb {

struct ProbeResult {
  bool passed = false;
  bool our_fault = false;  // there was no descriptor for the check, so the target is not judged
  std::string reason;      // "Target.Timeout: Request timed out"
};

rt::Task<ProbeResult> probe(rt::Address target, rt::Address from, std::string path,
                            uint64_t timeout_ms);

}  // namespace multiaz::lb
