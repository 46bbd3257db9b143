// The command that starts an instance.
#pragma once

#include <cstdint>
#include <string>

#include "base/core/result.h"
#include "base/wire/control_supervisor.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/shell/secrets.h"

namespace multiaz::orchestrator {

struct Folders {
  std::string run, bin;
};

// Also makes the instance's data folder. kInvalid: a secret that it needs does not exist.
Result<wire::Spawn> command_of(const Plan& plan, const Secrets& secrets, const Folders& folders,
                               const std::string& id, uint64_t launch);

}  // namespace multiaz::orchestrator
