// The supervisor's record of the orchestrator (supervisor/restart_record.h): the one source that is
// available while the orchestrator is away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/run_folder.h"

namespace multiaz::cli {

constexpr uint64_t kFailuresToTell = 3;  // so many failures in a row are no accident

struct OrchestratorState {
  int64_t pid = 0;  // 0 when none is running
  uint64_t restarts = 0, failures = 0;
  std::string last_end;
  int64_t last_end_unix_ms = 0, next_start_unix_ms = 0;
  [[nodiscard]] bool fails() const { return failures >= kFailuresToTell; }
};

// nullopt when there is no record, or none that can be read.
std::optional<OrchestratorState> orchestrator_state(const ClusterFolder& folder);

// A text for users: "the orchestrator is down: aborted (SIGABRT) 0.3 s ago, 12 times in a row;
// ...". "" when it runs and has never ended. `answers` is true when it has just answered, so that
// it is not called down, whatever the record says.
std::string words_on(const OrchestratorState& state, const std::string& cluster,
                     bool answers = false);

}  // namespace multiaz::cli
