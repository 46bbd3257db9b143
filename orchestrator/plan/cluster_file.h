// Reads a cluster.toml.
#pragma once

#include <string>

#include "base/core/result.h"
#include "orchestrator/plan/config.h"

namespace multiaz::orchestrator {

constexpr size_t kClusterFileBytesMax = 1 << 20;

// Reports all problems at once, one on each line: "shop.toml:7: web.count = 0 is not allowed: it
// takes an integer from 1 to 100". kInvalid: the content is wrong; kIo: the file cannot be read.
Result<Config> read_cluster_file(const std::string& path);
// `name` is the file's name in messages.
Result<Config> parse_cluster_file(const std::string& text, const std::string& name);

}  // namespace multiaz::orchestrator
