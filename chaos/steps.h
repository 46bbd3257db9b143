// The demonstration's faults, in the order in which they strike. Each is one entry of kSteps: how
// to strike, what to do before the wounded may recover, and which paths of the shop it hits.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/checkers/timeline.h"
#include "chaos/cluster.h"

namespace multiaz::chaos {

// What a strike did.
struct Strike {
  Nanos at = 0;          // the first fault bit
  bool applied = false;  // proven from outside: processes gone or stopped, bytes held
  std::string proof;     // how it was proven, or why it was not
  std::vector<Hit> hits;
  std::string group;  // whose primary was hit: "cache", "db", "cache db", or ""
};

struct Step {
  std::string_view name;
  std::vector<Path> paths;  // outage = the worst of these
  bool restarts;            // the hit processes end and are started anew
  rt::Task<Strike> (*strike)(Cluster& cluster);
  // Runs after the strike, before recovery is waited for; may be null.
  rt::Task<void> (*mend)(Cluster& cluster, const Strike& strike);
};

std::span<const Step> demo_steps();

// What a strike at `hits` did: bitten when there were any and all were verified.
Strike struck(const Result<std::vector<Hit>>& hits, std::string group);

// Every role filled and in sync; with `restarts` also: whoever was hit runs as another process.
rt::Task<bool> whole_again(Cluster& cluster, const Strike& strike, bool restarts);

// The instance that holds a role now ("primary" of tier "db"); nothing while there is none.
rt::Task<std::optional<Instance>> find_role(Cluster& cluster, std::string tier, std::string role);

}  // namespace multiaz::chaos
