// Somebody's own program says nothing to us; but it serves only when a process of its own holds its
// port. Another process there answers in its place, and every health check would believe it.
#include <unistd.h>

#include <algorithm>

#include "base/rt/address.h"
#include "base/rt/listeners.h"
#include "base/rt/process_tree.h"
#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kLookMs = 200, kLookWhenWellMs = 1000;

enum class Holder { kNobody, kOwn, kOther };

Holder holder_of(const Instance& one, const std::vector<rt::ProcessNode>& all,
                 const std::vector<rt::ListeningSocket>& sockets) {
  const auto address = rt::parse_address(one.address, one.port);
  Holder holder = Holder::kNobody;
  for (const rt::ListeningSocket& socket : sockets) {
    if (socket.port != one.port || !address) continue;
    if (socket.ip != 0 && socket.ip != address->ip) continue;
    const bool own = std::any_of(all.begin(), all.end(), [&](const rt::ProcessNode& process) {
      return rt::holds_socket(process.pid, socket.inode);
    });
    if (own) return Holder::kOwn;
    // One that takes every address may be another instance's; only ours at this address counts.
    if (socket.ip != 0) holder = Holder::kOther;
  }
  return holder;
}

std::string health_of(const Instance& one, Holder holder) {
  const std::string port = one.address + ":" + std::to_string(one.port);
  if (holder == Holder::kOther) return port + " is held by a process that is not its own";
  if (holder == Holder::kNobody) return "nothing of it listens at " + port;
  if (!one.scaled.on || one.scaled.well) return "healthy";
  return one.scaled.unhealthy.empty() ? "no load balancer finds it healthy" : one.scaled.unhealthy;
}

// The process that was started has left its work to another one, as daemons do: that one's number
// is what people see, and what a kill is proven by.
void meet_daemon(Instance& one, const std::vector<rt::ProcessNode>& all) {
  const bool there = std::any_of(all.begin(), all.end(),
                                 [&](const rt::ProcessNode& node) { return node.pid == one.pid; });
  if (!there && !all.empty()) one.pid = all.front().pid;
}

}  // namespace

void Cluster::look_at_ports() {
  const Nanos now = monotonic_now();
  if (now < ports_next_at_) return;
  bool all_well = true;
  std::vector<rt::ProcessNode> processes;
  std::vector<rt::ListeningSocket> sockets;
  for (auto& [id, one] : instances_) {
    if (!one.mute || !one.running() || one.keeper == 0 || one.stopped) continue;
    if (processes.empty()) {              // one look at /proc for all of them
      sockets = rt::listening_sockets();  // first: who holds one is among those who are there then
      processes = rt::processes_below(getppid());
    }
    const auto all = rt::processes_below(static_cast<pid_t>(one.keeper), processes);
    meet_daemon(one, all);
    const Holder holder = holder_of(one, all, sockets);
    const std::string health = health_of(one, holder);
    // Seen twice: a process that is ending still has its port, and is nobody's any more.
    const bool taken = holder == Holder::kOther && one.health == health;
    if (taken != one.port_taken) {
      topology_changed();
      if (taken) event("orchestrator", "port-taken", id, health);
    }
    one.port_taken = taken;
    one.health = health;
    all_well = all_well && one.health == "healthy";
  }
  ports_next_at_ = now + (all_well ? kLookWhenWellMs : kLookMs) * kMillisecond;
}

}  // namespace multiaz::orchestrator
