// A running cluster as one object, which `up --json` and `describe` print. Only their files need
// it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/remote.h"

namespace multiaz::cli {

// The object has name, run_dir, api, token, endpoints, pids.
rt::Task<Result<nlohmann::ordered_json>> describe_cluster(ClusterFolder folder, Remote& remote);

}  // namespace multiaz::cli
