// A fault as it was ordered and as it is stored.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"

namespace multiaz::orchestrator {

struct Fault {
  std::string id, kind, owner;
  std::string a, b;                   // the targets of the order; only links have b
  std::vector<std::string> from, to;  // the addresses or prefixes that the targets stood for then
  std::vector<std::string> touched;   // instances at either end
  uint64_t delay_ms = 0, jitter_ms = 0;
  uint64_t amount = 0, percent = 0;  // base/faults/kinds.h
  std::string point;
  Nanos since = 0, until = 0;  // CLOCK_MONOTONIC
};
constexpr const char* kControlEnd = "control";  // the control plane as one end of a link
inline bool touches_control(const Fault& fault) {
  return fault.a == kControlEnd || fault.b == kControlEnd;
}
// How many pairs of ends a fault of a link has; a fault inside processes counts as 1.
inline size_t pairs_of(const Fault& fault) {
  return fault.from.size() * (fault.to.empty() ? 1 : fault.to.size());
}

nlohmann::ordered_json fault_json(const Fault& fault);
Result<Fault> fault_from_json(const std::string& text);

}  // namespace multiaz::orchestrator
