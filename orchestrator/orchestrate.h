// The orchestrator as a whole: opens its state, joins the supervisor, adopts or starts the
// cluster, serves control connections and the API until the supervisor is gone or it is told to
// end (nothing else ends with it).
#pragma once

#include <string>

#include "base/rt/task.h"

namespace multiaz::orchestrator {

struct OrchestratorOptions {
  std::string run_dir;
  std::string bin_dir;
  std::string plan_file;  // read at the very first start only; later the stored plan counts
};

rt::Task<int> orchestrate(OrchestratorOptions options);

}  // namespace multiaz::orchestrator
