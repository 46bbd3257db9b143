// The supervisor: opens the virtual endpoints, keeps the orchestrator running and carries out its
// requests (wire/control_supervisor.h) over DIR/supervisor.sock. No process that it started
// survives it: children die with it (PR_SET_PDEATHSIG), and an orderly end waits until all are
// reaped.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/rt/conn.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/process.h"
#include "base/rt/strangers.h"
#include "base/rt/sync.h"
#include "base/wire/control.h"
#include "supervisor/options.h"
#include "supervisor/processes.h"
#include "supervisor/restart_policy.h"
#include "supervisor/restart_record.h"

namespace multiaz::supervisor {

constexpr size_t kExitsKeptMax = 4096;  // exit reports kept while no orchestrator is connected
// bytes pending for an orchestrator that does not read
constexpr size_t kPendingBytesMax = 4 << 20;
// connections that have sent nothing; beyond it the oldest is closed
constexpr size_t kSilentMax = 16;
constexpr uint64_t kFirstMessageMs = 5'000;  // time for the first message
constexpr uint64_t kGraceMs = 1500;           // between SIGTERM and SIGKILL at the end
constexpr uint64_t kKillWaitMs = 5000;        // for the kernel to finish killed processes
constexpr const char* kOrchestratorId = "orchestrator";

class Supervisor {
 public:
  explicit Supervisor(Options options) : options_(std::move(options)) {}

  // Returns the exit code: 0 after an orderly end, 254 when an endpoint or the socket cannot be
  // opened. However often the orchestrator dies, it is started again.
  rt::Task<int> run();

 private:
  Status open();
  Status open_endpoints();
  Status watch_other(int pid);
  void end(int exit_code, std::string_view why);

  rt::Task<void> accept_orchestrators();
  rt::Task<void> serve(std::unique_ptr<rt::Conn> conn);
  void take(const wire::ControlMessage& message);
  void take_spawn(const wire::Spawn& request);
  bool tell(const wire::ControlMessage& message);
  void tell_kept_exits();

  void start_orchestrator();
  void on_exit(const rt::ExitReport& report);
  void is_orchestrator(rt::Conn& conn);
  void orchestrator_lives();
  void orchestrator_died(const wire::Exited& exited);
  void start_again(std::string how, uint64_t lived_ms, bool killed);
  void write_record();
  rt::Task<void> shut_down();
  rt::Task<void> wait_until_empty(uint64_t timeout_ms);

  Options options_;
  std::string socket_path_;
  std::unique_ptr<Cgroups> cgroups_;
  std::unique_ptr<Processes> processes_;
  std::unique_ptr<rt::Reaper> reaper_;
  std::unique_ptr<rt::SignalWatch> on_term_, on_int_;
  std::unique_ptr<rt::FdWatch> other_;  // for --die-with
  int other_fd_ = -1;
  std::unique_ptr<rt::Listener> listener_;
  rt::Nursery nursery_;
  rt::Conn* orchestrator_ = nullptr;  // connected now; owned by its serve()
  rt::Strangers silent_{kSilentMax};  // connections that have sent nothing yet
  std::deque<wire::Exited> kept_exits_;

  RestartPolicy policy_;
  RestartRecord record_;
  std::unique_ptr<rt::Timer> restart_, long_life_;
  uint64_t orchestrator_launch_ = 0;
  Nanos orchestrator_since_ = 0;

  rt::Notify exits_;
  rt::Wait ended_;
  bool ending_ = false;
  int exit_code_ = 0;
};

}  // namespace multiaz::supervisor
