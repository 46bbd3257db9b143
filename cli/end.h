// How a cluster is ended.
#pragma once

#include <string>
#include <vector>

#include "cli/run_folder.h"

namespace multiaz::cli {

// Asks the supervisor to end, kills after a while, and blocks until no process is left. kTimeout
// names the processes that remain.
Status end_cluster(const ClusterFolder& folder);

// The last warnings and errors in the logs, for users whose cluster did not start.
std::string last_problems(const ClusterFolder& folder);

}  // namespace multiaz::cli
