// Which cluster number is free: C in 127.C.Z.N.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/rt/address.h"

namespace multiaz::cli {

constexpr int kOctetMin = 20;
constexpr int kOctetMax = 99;

// nullopt when a process could listen there now; else the reason why not.
std::optional<std::string> why_taken(rt::Address address);

// The lowest number above `after` whose endpoints 127.C.0.N are all free. `ports` are pairs of N
// and port. kConflict when there is none; the text says which port is in use everywhere.
struct EndpointPort {
  int last_octet = 0;
  uint16_t port = 0;
};
Result<int> find_free_octet(const std::vector<EndpointPort>& ports, int after);

}  // namespace multiaz::cli
