// What became of the orchestrator, as a file in the run folder: whoever looks while it is away
// (ps, doctor, events) reads it there, since the one who knows is the one who does not answer.
#pragma once

#include <cstdint>
#include <string>

#include "base/core/result.h"

namespace multiaz::supervisor {

constexpr const char* kRecordFile = "/orchestrator.json";

struct RestartRecord {
  int64_t pid = 0;        // 0 = none runs now
  uint64_t restarts = 0;  // since the supervisor began
  uint64_t failures = 0;  // fast deaths of its own making in a row; 0 when it lives on
  std::string last_end;   // "killed by SIGKILL"; "" = none yet
  int64_t last_end_unix_ms = 0;
  int64_t next_start_unix_ms = 0;  // while none runs
};

std::string to_json(const RestartRecord& record);
// "killed by SIGKILL", "aborted (SIGABRT)", "ended with exit code 1".
std::string how_it_ended(int64_t exit_code, int64_t signal);

}  // namespace multiaz::supervisor
