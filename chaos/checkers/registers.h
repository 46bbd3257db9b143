// Is every key a linearizable register? The checker is exact, in O(n log n), because every write
// has a value of its own: Gibbons and Korach, "Testing Shared Memories" (1997). A value with all
// operations that wrote or read it is a cluster; it must be in the register from the first end in
// the cluster to the last beginning (its zone). A read must not end before its write begins; two
// values cannot be there at the same time; a value whose operations all overlap at some moment has
// no place inside the zone of another.
//
// A write in doubt that no operation read is left out; one that was read had happened when the
// first such read ended. Ends and beginnings at the same instant count as overlapping.
#pragma once

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

// Judges kWrite and kRead only.
Judgement judge_registers(const History& history);

}  // namespace multiaz::chaos
