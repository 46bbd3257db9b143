// TARGET of the command line and the API: an instance (web-a1), a role (db:primary), a tier (web),
// a zone (az-b), or any one of them (any:web).
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

// `pick` chooses for "any:" (any number). For roles and tiers, and for "any:", only running
// instances count; an instance is found by name whether it runs or not.
// kInvalid: no such word (the text names the allowed ones); kUnavailable: nobody fills it now.
Result<std::vector<std::string>> resolve_target(std::string_view target,
                                                const std::vector<Candidate>& candidates,
                                                uint64_t pick);

}  // namespace multiaz::orchestrator
