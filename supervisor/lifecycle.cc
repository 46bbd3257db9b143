// Restarts of the orchestrator, and the end of the supervisor.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/core/log.h"
#include "base/core/private_files.h"
#include "supervisor/supervisor.h"

namespace multiaz::supervisor {

namespace {

constexpr off_t kLogBytesMax = 16 << 20;

// The orchestrator rotates its own log; one that crashes at once every time would fill the disk.
void rotate_log(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0 || facts.st_size <= kLogBytesMax) return;
  (void)rename(path.c_str(), (path + ".1").c_str());
}

}  // namespace

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
  rotate_log(request.log_path);
  orchestrator_since_ = monotonic_now();
  const auto started = processes_->start(request);
  if (!started) {
    log::error("cannot start the orchestrator: " + started.error().detail);
    start_again("could not be started: " + started.error().detail, 0, false);
    return;
  }
  record_.pid = started->main;
  record_.restarts = orchestrator_launch_ - 1;
  write_record();
  long_life_->start(kLongLifeMs);
}

// Otherwise it would be reported as failing for as long as it lives.
void Supervisor::orchestrator_lives() {
  policy_.lives();
  if (record_.failures == 0) return;
  record_.failures = 0;
  write_record();
}

void Supervisor::orchestrator_died(const wire::Exited& exited) {
  if (ending_) return;
  long_life_->stop();
  // Otherwise half-read answers would be mixed with those of the next orchestrator.
  if (orchestrator_) orchestrator_->close(Code::kClosed, "the orchestrator died");
  orchestrator_ = nullptr;
  const uint64_t lived_ms = (exited.t_ns - orchestrator_since_) / kMillisecond;
  const bool killed = exited.signal == SIGKILL || exited.exit_code == 0;  // or it was asked to end
  start_again(how_it_ended(exited.exit_code, exited.signal), lived_ms, killed);
}

// The number of failures has no limit: the daemons serve without an orchestrator, and would end
// with this process.
void Supervisor::start_again(std::string how, uint64_t lived_ms, bool killed) {
  const uint64_t delay_ms = policy_.after_death(lived_ms, killed);
  record_.pid = 0;
  record_.failures = policy_.failures();
  record_.last_end = std::move(how);
  record_.last_end_unix_ms = wall_now_ms();
  record_.next_start_unix_ms = record_.last_end_unix_ms + static_cast<int64_t>(delay_ms);
  write_record();
  log::info("starting the orchestrator again in " + std::to_string(delay_ms) + " ms");
  restart_->start(delay_ms);
}

void Supervisor::write_record() {
  const Status written = write_private_file(options_.dir + kRecordFile, to_json(record_));
  if (!written) log::warn("the record of the orchestrator: " + written.error().detail);
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
  long_life_.reset();
  other_.reset();
  if (other_fd_ >= 0) ::close(other_fd_);
  listener_->close();
  if (orchestrator_) orchestrator_->close(Code::kClosed, "the cluster ends");
  silent_.close_all(Code::kClosed, "the cluster ends");
  // The orchestrator is killed first: its state needs no orderly end, and it must not replace
  // instances that are being stopped.
  (void)processes_->signal(kOrchestratorId, 0, SIGKILL);
  // A stopped process could not end. It is continued before SIGTERM and not after, because a tool
  // that inspects an ending process (the leak sanitizer) stops it, and a SIGCONT would undo that.
  processes_->signal_all(SIGCONT);
  processes_->signal_all(SIGTERM);
  co_await wait_until_empty(kGraceMs);
  if (!processes_->empty()) {
    log::info(std::to_string(processes_->size()) + " processes did not end in time: SIGKILL");
    processes_->signal_all(SIGKILL);
    co_await wait_until_empty(kKillWaitMs);
    processes_->kill_hard();
    co_await wait_until_empty(kKillWaitMs);
  }
  if (!processes_->kill_orphans(kKillWaitMs)) log::error("some processes do not end");
  co_await nursery_.join();
  listener_.reset();
  unlink(socket_path_.c_str());
  on_term_.reset();
  on_int_.reset();
  reaper_.reset();
}

}  // namespace multiaz::supervisor
