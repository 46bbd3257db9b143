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
    // One that takes every address may be another instance's; only ours at this address counts.
    if (socket.ip != 0) holder = Holder::kOther;
  }
  return holder;
}

// The process that was started has left its work to another one, as daemons do: that one's number
// is what people see, and what a kill is proven by. 0: it has not.
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
    if (processes.empty()) {              // one look at /proc for all of them
      sockets = rt::listening_sockets();  // first: who holds one is among those who are there then
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
