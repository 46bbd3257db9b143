// The state of the orchestrator, as a file in the run folder. Commands that run while it is away
// (ps, doctor, events) read it there, because the supervisor knows and the orchestrator cannot
// answer.
#pragma once

#include <cstdint>
#include <string>

#include "base/core/result.h"

namespace multiaz::supervisor {

constexpr const char* kRecordFile = "/orchestrator.json";

struct RestartRecord {
  int64_t pid = 0;  // 0 when none is running
  uint64_t restarts = 0;  // since the supervisor started
  uint64_t failures = 0;  // quick failures by itself in a row; 0 once it lives on
  std::string last_end;  // such as "killed by SIGKILL"; "" for none yet
  int64_t last_end_unix_ms = 0;
  int64_t next_start_unix_ms = 0;  // set while none is running
};

std::string to_json(const RestartRecord& record);
// A text such as "killed by SIGKILL", "aborted (SIGABRT)" or "ended with exit code 1".
std::string how_it_ended(int64_t exit_code, int64_t signal);

}  // namespace multiaz::supervisor
