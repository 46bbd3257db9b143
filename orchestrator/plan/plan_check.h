// Whether a stored plan is consistent. A file that was cut or edited may have the right types and
// still name things that do not exist, and all code that uses a plan relies on these checks.
#pragma once

#include "base/core/result.h"
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

// kInvalid names the first thing that is wrong: an octet or zone out of range, an instance that is
// in no zone of the plan or is there twice, a group without a member that may be primary, a member
// that is no instance, no launch template, no endpoint for the API or the control protocol.
Status check_plan(const Plan& plan);

}  // namespace multiaz::orchestrator
