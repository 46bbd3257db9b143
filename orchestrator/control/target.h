// TARGET of the command line and the API: an instance (web-a1), a role (db:primary), a tier (web),
// a zone (az-b), or any one of these (any:web).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace multiaz::orchestrator {

struct Candidate {
  std::string id, tier, zone, role;
  bool running = true;
};

// `pick` chooses for "any:" (any number). Roles, tiers and "any:" stand for running instances only;
// an instance is found by its name whether it runs or not. kInvalid: there is no such target (the
// text names the allowed ones); kUnavailable: no instance fills it now.
Result<std::vector<std::string>> resolve_target(std::string_view target,
                                                const std::vector<Candidate>& candidates,
                                                uint64_t pick);

}  // namespace multiaz::orchestrator
