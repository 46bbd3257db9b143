// OrchestratorProcess: keeps the orchestrator running. However often it dies, it is started again,
// and the record of that is in the run folder.
#pragma once

#include <cstdint>
#include <string>

#include "base/core/clock.h"
#include "base/rt/loop.h"
#include "base/wire/control.h"
#include "supervisor/options.h"
#include "supervisor/processes.h"
#include "supervisor/restart_policy.h"
#include "supervisor/restart_record.h"

namespace multiaz::supervisor {

constexpr const char* kOrchestratorId = "orchestrator";

class OrchestratorProcess {
 public:
  // REQUIRES: both outlive it.
  OrchestratorProcess(const Options& options, Processes& processes);

  void start();
  // It has ended: starts it again after the pause that the policy wants.
  void died(const wire::Exited& exited);

 private:
  void lives();
  void start_again(std::string how, uint64_t lived_ms, bool killed);
  void write_record();

  const Options& options_;
  Processes& processes_;
  RestartPolicy policy_;
  RestartRecord record_;
  rt::Timer restart_, long_life_;
  uint64_t launch_ = 0;
  Nanos since_ = 0;
};

}  // namespace multiaz::supervisor
