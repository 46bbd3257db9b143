// While the control plane is stopped or gone, the last known state is used and chaos sends signals
// itself. Faults that wait for it to come back would prove nothing about its absence.
#include <signal.h>

#include <algorithm>

#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/cluster.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kKnownMs = 250;
constexpr uint64_t kSeenMsMax = 400;  // how long a process may take to be seen gone, or stopped

int signal_of(const std::string& verb) {
  if (verb == "kill") return SIGKILL;
  if (verb == "stop") return SIGSTOP;
  return verb == "cont" ? SIGCONT : 0;
}

bool obeyed(int pid, int signum) {
  if (signum == SIGKILL) return rt::process_gone(pid);
  return (rt::process_state(pid) == 'T') == (signum == SIGSTOP);
}

}  // namespace

bool Cluster::control_runs() const {
  const int pid = orchestrator_now();
  return pid != 0 && rt::process_state(pid) != 'T';
}

rt::Task<Result<std::vector<Instance>>> Cluster::instances() {
  if (!control_runs() && !known_.empty()) co_return known_;
  auto seen = co_await control_.instances();
  if (seen) known_ = *seen;
  co_return seen;
}

rt::Task<Result<std::vector<std::string>>> Cluster::resolve(std::string target) {
  if (!control_runs()) co_return last_named(target);
  auto ids = co_await control_.resolve(target);
  if (ids) named_[target] = *ids;
  co_return ids;
}

rt::Task<Result<std::vector<Hit>>> Cluster::signal(std::string verb, std::string target) {
  return control_runs() ? control_.signal(std::move(verb), std::move(target))
                        : signal_by_hand(std::move(verb), std::move(target));
}

rt::Task<void> Cluster::keep_known(std::vector<std::string> targets, rt::Stop& stop) {
  while (!targets.empty() && !stop.requested()) {
    (void)co_await instances();
    for (const std::string& target : targets) (void)co_await resolve(target);
    (void)co_await rt::sleep_ms(kKnownMs, stop);
  }
}

Result<std::vector<std::string>> Cluster::last_named(const std::string& target) const {
  const auto named = named_.find(target);
  if (named != named_.end()) return named->second;
  for (const Instance& one : known_) {
    if (one.id == target) return std::vector<std::string>{target};
  }
  return Error(Code::kUnavailable, "the control plane is away, and " + target + " was not known");
}

rt::Task<Result<std::vector<Hit>>> Cluster::signal_by_hand(std::string verb, std::string target) {
  const int signum = signal_of(verb);
  const auto ids = last_named(target);
  if (!ids) co_return ids.error();
  if (signum == 0) co_return Error(Code::kUnavailable, verb + " needs the control plane");
  std::vector<Hit> hits;
  const std::vector<Instance> known = known_;  // a copy: known_ may be replaced during an await
  for (const Instance& one : known) {
    if (std::ranges::find(*ids, one.id) == ids->end()) continue;
    const std::vector<int> ours = processes();
    const bool lives = std::ranges::find(ours, one.pid) != ours.end();
    // The pid of a process that is gone may belong to another one by now.
    const int pid = lives ? one.pid : 0;
    Hit hit = co_await signal_and_see(one.id, pid, signum);
    hits.push_back(std::move(hit));
  }
  co_return hits;
}

rt::Task<Hit> signal_and_see(std::string id, int pid, int signum) {
  Hit hit;
  hit.id = std::move(id);
  hit.pid = pid;
  const bool sent = pid > 1 && ::kill(pid, signum) == 0;
  hit.at = monotonic_now();
  for (uint64_t ms = 0; sent && !hit.verified && ms < kSeenMsMax; ++ms) {
    hit.verified = obeyed(pid, signum);
    if (!hit.verified) co_await rt::sleep_ms(1);
  }
  co_return hit;
}

}  // namespace multiaz::chaos
