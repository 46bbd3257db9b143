// The supervisor: opens the virtual endpoints, keeps the orchestrator running and carries out its
// requests (wire/control_supervisor.h) over DIR/supervisor.sock. No process that it started
// survives it: children die with it (PR_SET_PDEATHSIG), and an orderly end waits until all are
// reaped.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "base/wire/control.h"
#include "supervisor/options.h"
#include "supervisor/orchestrator_link.h"
#include "supervisor/orchestrator_process.h"
#include "supervisor/processes.h"

namespace multiaz::supervisor {

constexpr uint64_t kGraceMs = 1500;     // between SIGTERM and SIGKILL at the end
constexpr uint64_t kKillWaitMs = 5000;  // for the kernel to finish killed processes

class Supervisor {
 public:
  explicit Supervisor(Options options);

  // Returns the exit code: 0 after an orderly end, 254 when an endpoint or the socket cannot be
  // opened. However often the orchestrator dies, it is started again.
  rt::Task<int> run();

 private:
  Status open();
  Status open_endpoints();
  Status watch_other(int pid);
  void end(int exit_code, std::string_view why);

  void take(const wire::ControlMessage& message);
  void take_spawn(const wire::Spawn& request);
  void on_exit(const rt::ExitReport& report);
  rt::Task<void> shut_down();
  rt::Task<void> wait_until_empty(uint64_t timeout_ms);

  Options options_;
  std::unique_ptr<Cgroups> cgroups_;
  std::unique_ptr<Processes> processes_;
  std::unique_ptr<rt::Reaper> reaper_;
  std::unique_ptr<rt::SignalWatch> on_term_, on_int_;
  std::unique_ptr<rt::FdWatch> other_;  // for --die-with
  int other_fd_ = -1;
  rt::Nursery nursery_;
  OrchestratorLink link_;
  std::optional<OrchestratorProcess> orchestrator_;  // from run() until the end begins

  rt::Notify exits_;
  rt::Wait ended_;
  bool ending_ = false;
  int exit_code_ = 0;
};

}  // namespace multiaz::supervisor
