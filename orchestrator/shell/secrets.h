// The cluster's secrets: RUN_DIR/secrets.json, which `multiaz up` makes readable by its owner only.
#pragma once

#include <map>
#include <string>

#include "base/core/result.h"

namespace multiaz::orchestrator {

struct Secrets {
  std::string cluster_id;                    // not secret: every handshake must carry this name
  std::string key;                           // 64 hex digits that prove membership
  std::string token;                         // of the API
  std::map<std::string, std::string> named;  // "cache_password", "db_key", "ca_file"
};

Result<Secrets> read_secrets(const std::string& path);

// Replaces ${name} by the secret. kInvalid for an unknown name.
Result<std::string> fill_in(const Secrets& secrets, const std::string& text);
// "cache_password" -> "MULTIAZ_CACHE_PASSWORD"
std::string environment_name(const std::string& secret);

}  // namespace multiaz::orchestrator
