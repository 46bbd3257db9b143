// The orchestrator's restarts, and the end of everything.
#include <signal.h>
#include <unistd.h>

#include <optional>

#include "base/core/log.h"
#include "supervisor/supervisor.h"

namespace multiaz::supervisor {

void Supervisor::start_orchestrator() {
  if (ending_) return;
  wire::Spawn request;
  request.id = kOrchestratorId;
  request.launch = ++orchestrator_launch_;
  request.argv = options_.orchestrator;
  request.log_path = options_.dir + "/logs/orchestrator.log";
  for (const auto& [name, address] : options_.listen) {
    if (name == "api" || name == "control") request.listen.push_back(name);
  }
  orchestrator_since_ = monotonic_now();
  const auto pid = processes_->start(request);
  if (pid) return;
  log::error("cannot start the orchestrator: " + pid.error().detail);
  rt::defer([this] { end(1, "no orchestrator"); });
}

void Supervisor::orchestrator_died(const wire::Exited& exited) {
  if (ending_) return;
  // Otherwise its half-read answers would be mixed with the next one's.
  if (orchestrator_) orchestrator_->close(Code::kClosed, "the orchestrator died");
  orchestrator_ = nullptr;
  const uint64_t lived_ms = (exited.t_ns - orchestrator_since_) / kMillisecond;
  const bool killed = exited.signal == SIGKILL || exited.exit_code == 0;  // or asked to end
  const std::optional<uint64_t> delay_ms = policy_.after_death(lived_ms, killed);
  if (!delay_ms) {
    log::warn("the orchestrator failed " + std::to_string(kOwnDeathsMax) +
              " times in a row; see logs/orchestrator.log");
    rt::defer([this] { end(1, "the orchestrator cannot be kept running"); });
    return;
  }
  log::info("starting the orchestrator again in " + std::to_string(*delay_ms) + " ms");
  restart_->start(*delay_ms);
}

rt::Task<void> Supervisor::wait_until_empty(uint64_t timeout_ms) {
  const Nanos limit = monotonic_now() + timeout_ms * kMillisecond;
  while (!processes_->empty()) {
    const Nanos now = monotonic_now();
    if (now >= limit) co_return;
    co_await exits_.wait((limit - now) / kMillisecond + 1);
  }
}

rt::Task<void> Supervisor::shut_down() {
  restart_.reset();
  other_.reset();
  if (other_fd_ >= 0) ::close(other_fd_);
  listener_->close();
  if (orchestrator_) orchestrator_->close(Code::kClosed, "the cluster ends");
  for (rt::Conn* stranger : strangers_) stranger->close(Code::kClosed, "the cluster ends");
  // The orchestrator goes first and hard: nothing of its state needs a farewell, and it must not
  // replace what we stop.
  (void)processes_->signal(kOrchestratorId, 0, SIGKILL);
  // A stopped process could not end. Continued before it is told, not after: what looks at a
  // process while it ends (the leak sanitizer) stops it, and a SIGCONT takes a stop back.
  processes_->signal_all(SIGCONT);
  processes_->signal_all(SIGTERM);
  co_await wait_until_empty(kGraceMs);
  if (!processes_->empty()) {
    log::info(std::to_string(processes_->size()) + " processes did not end in time: SIGKILL");
    processes_->signal_all(SIGKILL);
    co_await wait_until_empty(kKillWaitMs);
  }
  co_await nursery_.join();
  listener_.reset();
  unlink(socket_path_.c_str());
  on_term_.reset();
  on_int_.reset();
  reaper_.reset();
}

}  // namespace multiaz::supervisor
