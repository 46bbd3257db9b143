// The table of all processes that this supervisor has started and not yet reaped.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/rt/process.h"
#include "base/wire/control_supervisor.h"
#include "supervisor/cgroups.h"

namespace multiaz::supervisor {

class Processes {
 public:
  // `listeners` are descriptors that children may inherit, by the name of the endpoint. `cgroups`
  // may be null: limits are ignored then. It must outlive this object.
  explicit Processes(std::map<std::string, int> listeners, Cgroups* cgroups = nullptr)
      : listeners_(std::move(listeners)), cgroups_(cgroups) {}

  // kConflict: a process of that id is running; kInvalid: unknown listener or no command. A process
  // whose limits cannot be set runs without them, and `note` says so. keeper is 0 when it is not
  // kept.
  Result<rt::Kept> start(const wire::Spawn& request, std::string* note = nullptr);
  // kNotFound: no such process, or another launch of it. launch 0 takes whichever is running.
  Status signal(const std::string& id, uint64_t launch, int signum);
  void signal_all(int signum);
  // SIGKILL to every child itself; a process that survives it cannot be ended by us.
  void kill_hard();
  // Kills the processes that became our children because their parent ended (for example when a
  // keeper was killed). Waits up to `timeout_ms` until none is left, and returns whether that is
  // so.
  bool kill_orphans(uint64_t timeout_ms);
  // Removes the process from the table and returns its report; nullopt for orphans that we
  // inherited. A kept process is reported only when none of its descendants is left.
  std::optional<wire::Exited> reaped(const rt::ExitReport& report);

  // The running processes, and for every id that has ended (pid 0) the number of its last launch.
  [[nodiscard]] std::vector<wire::ProcessInfo> list() const;
  [[nodiscard]] bool empty() const { return by_id_.empty(); }
  [[nodiscard]] size_t size() const { return by_id_.size(); }

 private:
  struct Process;
  static int send(const Process& process, int signum);
  Result<Process> spawn(const wire::Spawn& request, rt::SpawnOptions options);
  struct Process {
    uint64_t launch = 0;
    pid_t pid = 0;  // the pid by which the process is known
    pid_t keeper = 0;  // our child, when that is another process
    Nanos started = 0;
    [[nodiscard]] pid_t child() const { return keeper != 0 ? keeper : pid; }
  };
  std::map<std::string, int> listeners_;
  Cgroups* cgroups_;
  std::map<std::string, Process> by_id_;
  std::map<std::string, uint64_t> last_launch_;
};

}  // namespace multiaz::supervisor
