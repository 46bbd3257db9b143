// Is every key a linearizable set to which elements are added and which is read as a whole? The
// checker is exact: every add is before a read that shows it and after one that does not, so reads
// must grow, each containing the one before; and then there is one order of blocks (the elements
// that are new in a read, the reads of that size, the elements that are new in the next, and so on)
// in which no operation may come after one that began after it ended.
//
// An add in doubt that no read shows is left out.
#pragma once

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

// Judges kAdd and kReadSet only.
Judgement judge_sets(const History& history);

}  // namespace multiaz::chaos
