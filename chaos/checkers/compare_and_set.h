// Is every key a linearizable register that is written, compared and set, and read? Just-in-time
// linearization (Lowe, "Testing for linearizability", 2017, after Wing and Gong, 1993): goes
// through beginnings and ends in the order of time with every state that the register may be in,
// and makes an operation take effect only when it must have. Exact, but what it must remember grows
// with the operations that overlap: beyond a limit it says that it gave up, never that all is well.
//
// Every new value is its own, so an operation in doubt whose value nobody met is left out, and one
// whose value was met had happened when the first who met it ended.
#pragma once

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

constexpr size_t kCasStatesMax = 100'000;  // at the same time

// Looks at kCas, kWrite and kRead; a register begins with 0. One anomaly a key at most: the first
// operation that no order explains.
Judgement judge_compare_and_set(const History& history, size_t states_max = kCasStatesMax);

}  // namespace multiaz::chaos
