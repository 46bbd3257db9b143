// In which order did the operations on one register take effect? Just-in-time linearization (Lowe,
// "Testing for linearizability", 2017, after Wing and Gong, 1993) goes through beginnings and ends
// in the order of time with every state that the register may be in, and makes an operation take
// effect only when it must have. It is exact, but its memory grows with the number of operations
// that overlap: beyond a limit it gives up.
//
// Every new value is unique, so an operation in doubt whose value no other operation saw is left
// out, and one whose value was seen had happened when the first operation that saw it ended.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

constexpr size_t kLinearizationStatesMax = 100'000;  // at the same time

struct Linearization {
  std::vector<size_t> order;    // places in the history: one order that explains the answers
  std::optional<size_t> stuck;  // the first operation that no order explains; `order` ends there
  bool gave_up = false;         // nothing is proven
};

// `places`: one key's kWrite, kRead and kCas in the history; the register begins with 0.
Linearization linearize(const History& history, const std::vector<size_t>& places,
                        size_t states_max = kLinearizationStatesMax);

}  // namespace multiaz::chaos
