// How much a claim must rest on. One table: fewer answers than these, and it is inconclusive
// whatever they say, for who has seen nothing has seen nothing wrong.
#pragma once

#include <cstdint>
#include <string>

#include "chaos/checkers/verdict.h"

namespace multiaz::chaos {

namespace enough {
constexpr uint64_t kOperations = 20;  // answered ones of each sort of probe, in all
constexpr uint64_t kAround = 3;       // of those: before the first fault, and after the last
constexpr uint64_t kCartWrites = 5;   // acknowledged
constexpr uint64_t kOrders = 1;       // acknowledged
constexpr uint64_t kCarts = 1;        // read again at the end
constexpr uint64_t kRequests = 10;    // that succeeded, of each path with a bound
constexpr uint64_t kProducts = 1;     // of which the shop's stock was compared with the database's
constexpr uint64_t kLogs = 1;         // of daemons, that were looked through for alarms
}  // namespace enough

// Says what the claim rests on; one that would hold on less than `least` is inconclusive.
inline void rest_on(Claim& claim, uint64_t seen, uint64_t least, const std::string& what) {
  if (seen >= least) return;
  if (claim.ruling == Ruling::kHolds) claim.ruling = Ruling::kInconclusive;
  claim.text += (claim.text.empty() ? "" : "; ") + std::string("it rests on ") +
                std::to_string(seen) + " " + what + ", and needs " + std::to_string(least);
}

}  // namespace multiaz::chaos
