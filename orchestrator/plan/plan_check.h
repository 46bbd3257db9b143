// Whether a plan that was read holds together. A file that was cut or edited reads by type and
// still names what is not there; what uses the plan relies on everything here.
#pragma once

#include "base/core/result.h"
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

// kInvalid names the first thing that does not fit: an octet or zone out of range, an instance in
// no zone of the plan or twice, a group without a member that may be primary, a member that is no
// instance, no launch template, no endpoint for the API or the control protocol.
Status check_plan(const Plan& plan);

}  // namespace multiaz::orchestrator
