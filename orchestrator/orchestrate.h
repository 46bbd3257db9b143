// The whole orchestrator: it opens its state, connects to the supervisor, adopts or starts the
// cluster, and serves control connections and the API. It runs until the supervisor is gone or it
// is ordered to end; no instance ends with it.
#pragma once

#include <string>

#include "base/rt/task.h"

namespace multiaz::orchestrator {

struct OrchestratorOptions {
  std::string run_dir;
  std::string bin_dir;
  std::string plan_file;  // read only at the very first start; later the stored plan counts
};

rt::Task<int> orchestrate(OrchestratorOptions options);

}  // namespace multiaz::orchestrator
