// Is every key a linearizable register that is written, compared and set, and read? A checker that
// cannot decide within its memory limit says that it gave up, never that the claim holds.
#pragma once

#include "chaos/checkers/history.h"
#include "chaos/checkers/linearization.h"

namespace multiaz::chaos {

// Judges kCas, kWrite and kRead; a register begins with 0. It reports at most one anomaly per key:
// the first operation that no order explains.
Judgement judge_compare_and_set(const History& history,
                                size_t states_max = kLinearizationStatesMax);

}  // namespace multiaz::chaos
