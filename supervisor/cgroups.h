// Limits of CPU and memory by control groups, where the machine allows them: version 2 where our
// own group is delegated to us, or writable hierarchies of version 1. Elsewhere the reason is
// reported, and processes run without limits.
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
  uint64_t cpu_percent = 0;  // percent of one core; 0 for no limit
  uint64_t memory_mb = 0;  // above it the kernel kills the process; 0 for no limit
};

class Cgroups {
 public:
  // `root` is /sys/fs/cgroup, `membership` the text of /proc/self/cgroup. Removes groups that dead
  // supervisors left behind.
  Cgroups(std::string root, const std::string& membership);
  ~Cgroups();  // REQUIRES: the processes have ended
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;

  // Makes the group of a process that is about to start. Returns the files into which the process
  // must write "0" to join. kUnavailable says why limits are not possible here.
  Result<std::vector<std::string>> prepare(const std::string& id, const CgroupLimits& limits);
  // To be called after the end of the process.
  void remove(const std::string& id);

 private:
  Status open_v2();
  [[nodiscard]] std::string folder(const std::string& base, const std::string& id) const;
  void sweep(const std::string& base) const;

  std::string v2_;  // the folder of our own group; "" when version 2 is not usable
  std::string cpu_, memory_;  // the same for version 1
  bool v2_open_ = false;  // whether controllers are handed on to our groups
  std::vector<std::string> made_;  // ids of the groups made
};

}  // namespace multiaz::supervisor
