#include "orchestrator/shell/orders.h"

#include <algorithm>
#include <csignal>

#include "base/rt/process_tree.h"
#include "base/rt/sync.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kProcPollMs = 1;

// One process that an order is meant for. After every wait the instance is looked up by its id
// again.
struct Mark {
  Hit hit;
  uint64_t launch = 0;
  pid_t keeper = 0;  // its processes are all descendants of this one; 0 = it is one process
};
using Marks = std::vector<Mark>;

bool gone(const Cluster& cluster, const Mark& mark) {
  const auto found = cluster.instances().find(mark.hit.id);
  if (found == cluster.instances().end()) return true;
  const Instance& one = found->second;
  return one.launch != mark.launch || !one.running();
}

// All running instances of the target. The caller signals them together.
Result<Marks> aim(Cluster& cluster, const std::string& target) {
  const auto ids = cluster.resolve(target);
  if (!ids) return ids.error();
  Marks marks;
  for (const std::string& id : *ids) {
    const Instance& one = cluster.instances().at(id);
    if (!one.running()) continue;
    Mark mark;
    mark.hit.id = id;
    mark.hit.pid = one.pid;
    mark.launch = one.launch;
    mark.keeper = static_cast<pid_t>(one.keeper);
    marks.push_back(std::move(mark));
  }
  if (marks.empty()) return Error(Code::kConflict, target + " does not run now");
  return marks;
}

void fire(Cluster& cluster, Marks& marks, int signum, const std::string& verb,
          const std::string& target) {
  for (Mark& mark : marks) {
    mark.hit.t_ns = monotonic_now();
    cluster.signal(mark.hit.id, signum, verb + " " + target);
  }
  for (const Mark& mark : marks) {
    cluster.event("api", verb, mark.hit.id,
                  verb + (mark.hit.id == target ? "" : " " + target) + ": pid " +
                      std::to_string(mark.hit.pid));
  }
}

Hits hits_of(const Marks& marks) {
  Hits hits;
  for (const Mark& mark : marks) hits.push_back(mark.hit);
  return hits;
}

uint64_t left_ms(Nanos limit) {
  const Nanos now = monotonic_now();
  return now >= limit ? 0 : (limit - now) / kMillisecond + 1;
}

rt::Task<void> await_exits(Cluster& cluster, Marks& marks, uint64_t timeout_ms) {
  const Nanos limit = monotonic_now() + timeout_ms * kMillisecond;
  for (Mark& mark : marks) {
    while (!gone(cluster, mark) && left_ms(limit) > 0) {
      co_await cluster.changes().wait(left_ms(limit));
    }
    mark.hit.verified = gone(cluster, mark);
  }
}

// Whether all processes of the instance are stopped, or none of them. An instance without processes
// is neither.
bool is_stopped(const Mark& mark, bool stopped) {
  if (mark.keeper == 0) {
    const rt::ProcessNode one = rt::process_node(static_cast<pid_t>(mark.hit.pid));
    return one.pid != 0 && one.stopped() == stopped;
  }
  const auto all = rt::processes_below(mark.keeper);
  return !all.empty() && std::all_of(all.begin(), all.end(), [stopped](const auto& one) {
    return one.stopped() == stopped;
  });
}

// Polls /proc, because no report comes when a process stops or goes on.
rt::Task<void> await_stopped(Marks& marks, bool stopped) {
  const Nanos limit = monotonic_now() + kProofMs * kMillisecond;
  for (Mark& mark : marks) {
    mark.hit.verified = is_stopped(mark, stopped);
    while (!mark.hit.verified && left_ms(limit) > 0) {
      co_await rt::sleep_ms(kProcPollMs);
      mark.hit.verified = is_stopped(mark, stopped);
    }
  }
}

rt::Task<Result<Hits>> stop_or_cont(Cluster& cluster, std::string target, bool stop) {
  auto marks = aim(cluster, target);
  if (!marks) co_return marks.error();
  fire(cluster, *marks, stop ? SIGSTOP : SIGCONT, stop ? "stop" : "cont", target);
  co_await await_stopped(*marks, stop);
  co_return hits_of(*marks);
}

}  // namespace

rt::Task<Result<Hits>> order_kill(Cluster& cluster, std::string target) {
  auto marks = aim(cluster, target);
  if (!marks) co_return marks.error();
  fire(cluster, *marks, SIGKILL, "kill", target);
  co_await await_exits(cluster, *marks, kProofMs);
  co_return hits_of(*marks);
}

rt::Task<Result<Hits>> order_stop(Cluster& cluster, std::string target) {
  auto hits = co_await stop_or_cont(cluster, std::move(target), true);
  co_return hits;
}

rt::Task<Result<Hits>> order_cont(Cluster& cluster, std::string target) {
  auto hits = co_await stop_or_cont(cluster, std::move(target), false);
  co_return hits;
}

rt::Task<Result<Hits>> order_restart(Cluster& cluster, std::string target) {
  auto marks = aim(cluster, target);
  if (!marks) co_return marks.error();
  for (const Mark& mark : *marks) {
    cluster.signal(mark.hit.id, SIGCONT, "a stopped process could not end");
  }
  fire(cluster, *marks, SIGTERM, "restart", target);
  co_await await_exits(cluster, *marks, kRestartGraceMs);
  for (const Mark& mark : *marks) {
    if (!mark.hit.verified) cluster.signal(mark.hit.id, SIGKILL, "did not end in time");
  }
  co_await await_exits(cluster, *marks, kProofMs);
  co_return hits_of(*marks);
}

rt::Task<Result<Hits>> order_zone_down(Cluster& cluster, std::string zone, uint64_t for_ms) {
  cluster.order([&](ControlPlane& plane) { plane.zones.hold(zone, for_ms); });
  cluster.event("api", "zone-down", zone,
                for_ms == 0 ? "held down until it is taken up again"
                            : "held down for " + std::to_string(for_ms) + " ms");
  auto marks = aim(cluster, zone);
  Hits hits;
  if (!marks) co_return hits;  // nothing ran in the zone
  fire(cluster, *marks, SIGKILL, "kill", zone);
  co_await await_exits(cluster, *marks, kProofMs);
  hits = hits_of(*marks);
  co_return hits;
}

rt::Task<Hits> await_topology(Cluster& cluster, std::vector<std::string> ids, uint64_t version) {
  const Nanos limit = monotonic_now() + kProofMs * kMillisecond;
  Hits hits;
  for (const std::string& id : ids) {
    Hit hit;
    hit.id = id;
    const auto found = cluster.instances().find(id);
    if (found == cluster.instances().end() || found->second.scaled.leaving.on) continue;
    if (found->second.mute) continue;  // a foreign program gets no topology
    hit.pid = found->second.pid;
    const bool ran = found->second.running();
    bool ended = false;
    hit.t_ns = monotonic_now();
    while (left_ms(limit) > 0) {
      const wire::StatusReport* report = cluster.report(id);
      hit.verified = report && report->topology_version >= version;
      const auto still = cluster.instances().find(id);
      ended = still == cluster.instances().end() || !still->second.running();
      if (hit.verified || ended) break;
      co_await cluster.changes().wait(left_ms(limit));
    }
    // An instance that has ended meanwhile proves nothing and is left out: its next launch gets the
    // topology before it serves.
    if (!ran || !ended) hits.push_back(hit);
  }
  co_return hits;
}

}  // namespace multiaz::orchestrator
