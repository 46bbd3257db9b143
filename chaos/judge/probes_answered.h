// Whether a run may begin to strike: a fault proves little to probes that had not begun. Pure.
#pragma once

#include "chaos/plan/record.h"

namespace multiaz::chaos {

// Every sort of probe that the record owes was answered so often that claims can rest on the time
// before the first fault.
bool probes_answered(const RunRecord& record, const History& history);

}  // namespace multiaz::chaos
