// What the orchestrator and the supervisor tell each other, as values. The bytes: control.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/wire/control_types.h"

namespace multiaz::wire {

// --- the orchestrator to the supervisor; the answer (Done, ProcessList) repeats ref
struct Spawn {
  uint64_t ref = 0;
  std::string id;
  uint64_t launch = 0;
  Names argv;
  Texts env;
  Names listen;  // names of listening sockets to inherit
  std::string log_path, cwd;
  uint64_t cpu_percent = 0, memory_mb = 0;  // limits; of one core; 0 = none
  bool kept = false;  // it may become several processes: signals go to all, its end is that of all
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
// pid 0: it has ended; `launch` was its last one.
struct ProcessInfo {
  std::string id;
  uint64_t launch = 0;
  int64_t pid = 0;
  uint64_t started_ns = 0;
  bool stopped = false;
  int64_t keeper = 0;  // all of its processes are below that one; 0 = it is not kept
  bool operator==(const ProcessInfo&) const = default;
};
struct ProcessList {
  uint64_t ref = 0;
  std::vector<ProcessInfo> processes;
  bool operator==(const ProcessList&) const = default;
};
// Unasked, once for every process that ended. One of exit_code and signal says how; the other is
// 0 (exit_code -1 when a signal ended it).
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
