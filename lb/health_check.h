// One health check: a GET of the health path on a fresh connection.
#pragma once

#include <cstdint>
#include <string>

#include "base/elb/document.h"
#include "base/rt/address.h"
#include "base/rt/task.h"

namespace multiaz::lb {

struct ProbeResult {
  bool passed = false;
  bool our_fault = false;  // there was no descriptor for the check, so the target is not judged
  std::string reason;      // "Target.Timeout: Request timed out"
};

// `target` is where the check goes: the port of the check may be another than that of requests.
rt::Task<ProbeResult> probe(rt::Address target, rt::Address from, elb::HealthCheck check);

}  // namespace multiaz::lb
