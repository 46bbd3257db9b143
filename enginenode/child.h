// Children: starts the processes of this enginenode, and ends them.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/rt/process.h"
#include "base/rt/task.h"

namespace multiaz::enginenode {

struct Program {
  std::vector<std::string> argv;  // argv[0] is a path
  std::map<std::string, std::string> env;
  int folder = -1;  // a descriptor that the process gets as its number 3; -1 = none
};

// Reaps all children of this process, so there is only one such object.
class Children {
 public:
  Children();
  Result<pid_t> start(const Program& program);
  // Runs a program that works and exits, and waits for its end. kInternal has the exit code;
  // kTimeout: it was killed after `ms_max`.
  rt::Task<Status> run(Program program, uint64_t ms_max);
  [[nodiscard]] bool lives(pid_t pid) const;
  // Whether it was started and has ended without a call of end().
  [[nodiscard]] bool died(pid_t pid) const;
  // Sends the signal and waits for the end; SIGKILL follows after `ms_max`.
  rt::Task<void> end(pid_t pid, int signum, uint64_t ms_max);
  // No further process is started, and those that run are killed.
  void shut();

 private:
  std::map<pid_t, std::optional<rt::ExitReport>> known_;
  bool shut_ = false;
  rt::Reaper reaper_;
};

}  // namespace multiaz::enginenode
