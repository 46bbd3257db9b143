#include "orchestrator/shell/ports.h"

#include <unistd.h>

#include <algorithm>

#include "base/rt/address.h"
#include "base/rt/listeners.h"
#include "base/rt/process_tree.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kLookMs = 200, kLookWhenWellMs = 1000;

using Holder = PortSeen::Holder;

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
    // A socket that takes every address may belong to another instance; only one at this instance's
    // own address shows another holder.
    if (socket.ip != 0) holder = Holder::kOther;
  }
  return holder;
}

// The pid of the process that does the work when the one that was started has left it to another,
// as daemons do; 0 = it has not. Users see this pid, and a kill is proven by it.
int64_t daemon_of(const Instance& one, const std::vector<rt::ProcessNode>& all) {
  const bool there = std::any_of(all.begin(), all.end(),
                                 [&](const rt::ProcessNode& node) { return node.pid == one.pid; });
  return there || all.empty() ? 0 : all.front().pid;
}

bool looked_at(const Instance& one) {
  return one.mute && one.running() && one.keeper != 0;
}

}  // namespace

PortsSeen PortWatch::look(const State& state) const {
  PortsSeen seen;
  std::vector<rt::ProcessNode> processes;
  std::vector<rt::ListeningSocket> sockets;
  for (const auto& [id, one] : state.instances) {
    if (!looked_at(one)) continue;
    if (processes.empty()) {  // one read of /proc serves all instances
      // The sockets are read first, so that their holders are among the processes.
      sockets = rt::listening_sockets();
      processes = rt::processes_below(getppid());
    }
    const auto all = rt::processes_below(static_cast<pid_t>(one.keeper), processes);
    const bool stopped =
        !all.empty() && std::all_of(all.begin(), all.end(),
                                    [](const rt::ProcessNode& node) { return node.stopped(); });
    seen.ports.push_back(
        {id, one.launch, daemon_of(one, all), holder_of(one, all, sockets), stopped});
  }
  return seen;
}

void PortWatch::looked(Nanos now, const State& state) {
  const bool all_well =
      std::all_of(state.instances.begin(), state.instances.end(), [](const auto& each) {
        const Instance& one = each.second;
        return !looked_at(one) || (one.health == "healthy" && !one.stopped);
      });
  next_at_ = now + (all_well ? kLookWhenWellMs : kLookMs) * kMillisecond;
}

}  // namespace multiaz::orchestrator
