// Reads a cluster.toml.
#pragma once

#include <string>

#include "base/core/result.h"
#include "orchestrator/plan/config.h"

namespace multiaz::orchestrator {

constexpr size_t kClusterFileBytesMax = 1 << 20;

// All problems at once, a line each: "shop.toml:7: web.count = 0 is not allowed: it takes an
// integer from 1 to 100". kInvalid for what the file says, kIo when it cannot be read.
Result<Config> read_cluster_file(const std::string& path);
// `name` stands for the file in messages.
Result<Config> parse_cluster_file(const std::string& text, const std::string& name);

}  // namespace multiaz::orchestrator
