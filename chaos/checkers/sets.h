// Is every key a linearizable set to which elements are added and which is read as a whole? Exact:
// every add is before a read that shows it and after one that does not, so readings must grow, each
// holding the one before; and then there is one order of blocks (what is new in a reading, the
// readings of that size, what is new in the next, ...) in which nobody may come after somebody who
// began later than he ended.
//
// An add in doubt that no reading shows is left out.
#pragma once

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

// Looks at kAdd and kReadSet only.
Judgement judge_sets(const History& history);

}  // namespace multiaz::chaos
