// The end of a cluster.
#pragma once

#include <string>
#include <vector>

#include "cli/run_folder.h"

namespace multiaz::cli {

// Asks the supervisor to end, insists after a while, and waits until no process is left; blocks.
// kTimeout names the processes that are still there.
Status end_cluster(const ClusterFolder& folder);

// The last warnings and errors in the logs, for people whose cluster did not start.
std::string last_words(const ClusterFolder& folder);

}  // namespace multiaz::cli
