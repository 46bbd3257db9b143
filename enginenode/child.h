// Child: one process of ours and its end. Programs that work and exit are waited for with run().
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
  std::vector<std::string> argv;  // argv[0]: a path
  std::map<std::string, std::string> env;
  int folder = -1;  // a descriptor that it gets as its number 3; -1 = none
};

// Reaps for the whole process: one of it.
class Children {
 public:
  Children();
  Result<pid_t> start(const Program& program);
  // Until its end: kInternal with the exit code; kTimeout: killed after `ms_max`.
  rt::Task<Status> run(Program program, uint64_t ms_max);
  [[nodiscard]] bool lives(pid_t pid) const;
  // It was started, and has ended although nobody here ended it.
  [[nodiscard]] bool died(pid_t pid) const;
  // Sends the signal and waits; SIGKILL after `ms_max`.
  rt::Task<void> end(pid_t pid, int signum, uint64_t ms_max);
  // No further ones; those that work and exit are killed.
  void shut();

 private:
  std::map<pid_t, std::optional<rt::ExitReport>> known_;
  bool shut_ = false;
  rt::Reaper reaper_;
};

}  // namespace multiaz::enginenode
