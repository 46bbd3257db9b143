// In which order did the operations on one register take effect? Just-in-time linearization (Lowe,
// "Testing for linearizability", 2017, after Wing and Gong, 1993): goes through beginnings and ends
// in the order of time with every state that the register may be in, and makes an operation take
// effect only when it must have. Exact, but what it must remember grows with the operations that
// overlap: beyond a limit it gives up.
//
// Every new value is its own, so an operation in doubt whose value nobody met is left out, and one
// whose value was met had happened when the first who met it ended.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

constexpr size_t kLinearizationStatesMax = 100'000;  // at the same time

struct Linearization {
  std::vector<size_t> order;    // places in the history, one order that explains what was seen
  std::optional<size_t> stuck;  // the first operation that no order explains; `order` is up to it
  bool gave_up = false;         // nothing is proven
};

// `places`: of one key's kWrite, kRead and kCas in the history; the register begins with 0.
Linearization linearize(const History& history, const std::vector<size_t>& places,
                        size_t states_max = kLinearizationStatesMax);

}  // namespace multiaz::chaos
