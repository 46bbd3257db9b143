// What people and tests order: kill, stop, continue, restart, and the proof that it happened.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

constexpr uint64_t kProofMs = 2000;         // an order that did not bite until then did not bite
constexpr uint64_t kRestartGraceMs = 3000;  // between SIGTERM and SIGKILL

struct Hit {
  std::string id;
  int64_t pid = 0;
  Nanos t_ns = 0;         // CLOCK_MONOTONIC, just before the order went out
  bool verified = false;  // seen from outside: reaped, or the state letter of /proc/PID/stat
};
using Hits = std::vector<Hit>;

// The verbs. Each resolves the target first (errors of resolve_target) and waits for the proof.
// kConflict: the one instance that was named does not run.
rt::Task<Result<Hits>> order_kill(Cluster& cluster, std::string target);
rt::Task<Result<Hits>> order_stop(Cluster& cluster, std::string target);
rt::Task<Result<Hits>> order_cont(Cluster& cluster, std::string target);
// SIGTERM, after the grace SIGKILL; the dead are replaced at once.
rt::Task<Result<Hits>> order_restart(Cluster& cluster, std::string target);
// Kills what runs in the zone and replaces nothing until the hold is over.
rt::Task<Result<Hits>> order_zone_down(Cluster& cluster, std::string zone, uint64_t for_ms);

// Waits until every one of these instances acts on a topology that is at least as new.
rt::Task<Hits> await_topology(Cluster& cluster, std::vector<std::string> ids, uint64_t version);

}  // namespace multiaz::orchestrator
