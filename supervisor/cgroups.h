// Limits of CPU and memory by control groups, where this machine lets us: version 2 where our own
// group is delegated to us, or writable hierarchies of version 1. Elsewhere it says why not, and
// processes run without limits.
//
// Each limited process has a group multiaz-PID-ID of its own (PID: the supervisor's) beside ours.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/result.h"

namespace multiaz::supervisor {

struct CgroupLimits {
  uint64_t cpu_percent = 0;  // of one core; 0 = no limit
  uint64_t memory_mb = 0;    // above it the kernel kills the process; 0 = no limit
};

class Cgroups {
 public:
  // `root` is /sys/fs/cgroup, `membership` the text of /proc/self/cgroup. Removes groups that dead
  // supervisors left.
  Cgroups(std::string root, const std::string& membership);
  ~Cgroups();  // REQUIRES: the processes have ended
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;

  // Makes the group of a process that is about to start. Gives the files into which it must write
  // "0" to be in it. kUnavailable says why there can be no limits here.
  Result<std::vector<std::string>> prepare(const std::string& id, const CgroupLimits& limits);
  // After its end.
  void remove(const std::string& id);

 private:
  Status open_v2();
  [[nodiscard]] std::string folder(const std::string& base, const std::string& id) const;
  void sweep(const std::string& base) const;

  std::string v2_;                 // our own group's folder; "" = not version 2
  std::string cpu_, memory_;       // version 1; "" = there is none
  bool v2_open_ = false;           // controllers are handed on to our groups
  std::vector<std::string> made_;  // ids
};

}  // namespace multiaz::supervisor
