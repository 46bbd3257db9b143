// The meaning of the exit codes of `multiaz`; they are the same for every verb.
#pragma once

namespace multiaz::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitViolated = 1,  // a claim is violated
  kExitInconclusive = 2,
  kExitUnhealthy = 3,   // not healthy (before the fault)
  kExitNotApplied = 4,  // an order could not be carried out, or had no effect
  kExitBadInput = 254,
  kExitCrash = 255,
};

}  // namespace multiaz::cli
