// The evidence that a claim needs, in one table. With fewer answers than these it is inconclusive
// whatever they say, because a checker that has seen nothing has seen nothing wrong either.
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
constexpr uint64_t kProducts = 1;     // whose stock in the shop was compared with the database's
constexpr uint64_t kLogs = 1;         // logs of daemons that were searched for alarms
}  // namespace enough

// Adds the claim's evidence to its text; one that would hold on less than `least` is inconclusive.
inline void rest_on(Claim& claim, uint64_t seen, uint64_t least, const std::string& what) {
  if (seen >= least) return;
  if (claim.ruling == Ruling::kHolds) claim.ruling = Ruling::kInconclusive;
  claim.text += (claim.text.empty() ? "" : "; ") + std::string("it rests on ") +
                std::to_string(seen) + " " + what + ", and needs " + std::to_string(least);
}

}  // namespace multiaz::chaos
