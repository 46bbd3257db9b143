// The messages between the orchestrator and the supervisor, as values. Encoding: control.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/wire/control_types.h"

namespace multiaz::wire {

// --- the orchestrator to the supervisor; the answer (Done, ProcessList) repeats `ref`
struct Spawn {
  uint64_t ref = 0;
  std::string id;
  uint64_t launch = 0;
  Names argv;
  Texts env;
  Names listen;  // names of listening sockets to inherit
  std::string log_path, cwd;
  // CPU limit in percent of one core and memory limit; 0 for none
  uint64_t cpu_percent = 0, memory_mb = 0;
  // it may become several processes: signals go to all, and it has ended when all have
  bool kept = false;
  bool operator==(const Spawn&) const = default;
};
struct SignalProcess {
  uint64_t ref = 0;
  std::string id;
  uint64_t launch = 0;
  int64_t signal = 0;
  bool operator==(const SignalProcess&) const = default;
};
struct ListProcesses {
  uint64_t ref = 0;
  bool operator==(const ListProcesses&) const = default;
};
struct Shutdown {
  uint64_t ref = 0;
  bool operator==(const Shutdown&) const = default;
};

// --- the supervisor to the orchestrator
// With pid 0 the process has ended, and `launch` was its last launch.
struct ProcessInfo {
  std::string id;
  uint64_t launch = 0;
  int64_t pid = 0;
  uint64_t started_ns = 0;
  bool stopped = false;
  int64_t keeper = 0;  // parent of all its processes; 0 when it is not kept
  bool operator==(const ProcessInfo&) const = default;
};
struct ProcessList {
  uint64_t ref = 0;
  std::vector<ProcessInfo> processes;
  bool operator==(const ProcessList&) const = default;
};
// Sent unasked, once for every process that ended. Either exit_code or signal says how; the other
// one is 0 (exit_code is -1 when a signal ended the process).
struct Exited {
  std::string id;
  uint64_t launch = 0;
  int64_t pid = 0;
  uint64_t t_ns = 0;
  int64_t exit_code = 0, signal = 0;
  bool operator==(const Exited&) const = default;
};
struct Done {
  uint64_t ref = 0;
  bool ok = false;
  std::string error;
  int64_t pid = 0;
  int64_t keeper = 0;  // as in ProcessInfo
  bool operator==(const Done&) const = default;
};

}  // namespace multiaz::wire
