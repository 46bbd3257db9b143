// Is every key a linearizable register that is written, compared and set, and read? Where that
// cannot be decided with what it may remember it says that it gave up, never that all is well.
#pragma once

#include "chaos/checkers/history.h"
#include "chaos/checkers/linearization.h"

namespace multiaz::chaos {

// Looks at kCas, kWrite and kRead; a register begins with 0. One anomaly a key at most: the first
// operation that no order explains.
Judgement judge_compare_and_set(const History& history,
                                size_t states_max = kLinearizationStatesMax);

}  // namespace multiaz::chaos
