// Orders of users and tests: kill, stop, continue, restart, each with the proof that it happened.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

constexpr uint64_t kProofMs = 2000;         // an order without a proof by then had no effect
constexpr uint64_t kRestartGraceMs = 3000;  // between SIGTERM and SIGKILL

struct Hit {
  std::string id;
  int64_t pid = 0;
  Nanos t_ns = 0;         // CLOCK_MONOTONIC just before the order was sent
  bool verified = false;  // proven from outside: reaped, or the state letter of /proc/PID/stat
};
using Hits = std::vector<Hit>;

// Each order resolves the target first (errors of resolve_target) and waits for the proof.
// kConflict: no instance of the target runs.
rt::Task<Result<Hits>> order_kill(Cluster& cluster, std::string target);
rt::Task<Result<Hits>> order_stop(Cluster& cluster, std::string target);
rt::Task<Result<Hits>> order_cont(Cluster& cluster, std::string target);
// Sends SIGTERM, and SIGKILL after the grace time; ended processes are replaced at once.
rt::Task<Result<Hits>> order_restart(Cluster& cluster, std::string target);
// Kills all processes of the zone; none is replaced until the hold is over.
rt::Task<Result<Hits>> order_zone_down(Cluster& cluster, std::string zone, uint64_t for_ms);

// Waits until every one of these instances acts on a topology that is at least as new.
rt::Task<Hits> await_topology(Cluster& cluster, std::vector<std::string> ids, uint64_t version);

}  // namespace multiaz::orchestrator
