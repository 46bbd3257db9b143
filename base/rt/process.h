// Child processes: how the supervisor starts and reaps them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/rt/loop.h"

namespace multiaz::rt {

struct SpawnOptions {
  std::vector<std::string> argv;
  std::string program;                                 // path of the program; "" takes argv[0]
  std::map<std::string, std::string> env;              // added to a small base environment
  std::vector<std::pair<std::string, int>> listeners;  // name -> descriptor, see MULTIAZ_LISTEN
  std::string output_path;        // a file that stdout and stderr are appended to; "" inherits
  std::string cwd;                // "" inherits
  std::vector<std::string> join;  // control groups: files to write "0" to
  bool die_with_parent = true;    // PR_SET_PDEATHSIG(SIGKILL)
};

// Starts a process. REQUIRES: called on the main thread (the parent-death signal follows threads).
Result<pid_t> spawn_process(const SpawnOptions& options);

// The same for a program that starts another one and keeps it (supervisor/keeper.h). It writes a
// KeptReport to kKeptReportFd when the other program runs or could not be started. An error may
// come from either program.
constexpr int kKeptReportFd = 199;
struct KeptReport {
  int failed = 0;  // errno
  pid_t main = 0;
};
struct Kept {
  pid_t keeper = 0;  // our child
  pid_t main = 0;    // its child
};
Result<Kept> spawn_kept(const SpawnOptions& options);

struct ExitReport {
  pid_t pid = 0;
  int exit_code = -1;  // -1 when killed by a signal
  int signal = 0;
  Nanos at = 0;
};

// Reaps every child of this process (and orphans when it is a subreaper).
class Reaper {
 public:
  explicit Reaper(std::function<void(const ExitReport&)> on_exit);
  // Reaps the processes that have ended, without waiting.
  void poll();

 private:
  std::function<void(const ExitReport&)> on_exit_;
  SignalWatch watch_;
};

// The state letter of /proc/PID/stat ('R','S','T',...), or 0 when there is no such process.
char process_state(pid_t pid);
// Whether the process has ended, even when it has not been reaped yet.
inline bool process_gone(pid_t pid) {
  const char state = process_state(pid);
  return state == 0 || state == 'Z';
}

}  // namespace multiaz::rt
