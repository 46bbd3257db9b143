#include "supervisor/orchestrator_process.h"

#include <signal.h>
#include <sys/stat.h>

#include <cstdio>
#include <utility>

#include "base/core/log.h"
#include "base/core/private_files.h"

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

OrchestratorProcess::OrchestratorProcess(const Options& options, Processes& processes)
    : options_(options),
      processes_(processes),
      restart_([this] { start(); }),
      long_life_([this] { lives(); }) {}

void OrchestratorProcess::start() {
  wire::Spawn request;
  request.id = kOrchestratorId;
  request.launch = ++launch_;
  request.argv = options_.orchestrator;
  request.log_path = options_.dir + "/logs/orchestrator.log";
  for (const auto& [name, address] : options_.listen) {
    if (name == "api" || name == "control") request.listen.push_back(name);
  }
  rotate_log(request.log_path);
  since_ = monotonic_now();
  const auto started = processes_.start(request);
  if (!started) {
    log::error("cannot start the orchestrator: " + started.error().detail);
    start_again("could not be started: " + started.error().detail, 0, false);
    return;
  }
  record_.pid = started->main;
  record_.restarts = launch_ - 1;
  write_record();
  long_life_.start(kLongLifeMs);
}

// Otherwise it would be reported as failing for as long as it lives.
void OrchestratorProcess::lives() {
  policy_.lives();
  if (record_.failures == 0) return;
  record_.failures = 0;
  write_record();
}

void OrchestratorProcess::died(const wire::Exited& exited) {
  long_life_.stop();
  const uint64_t lived_ms = (exited.t_ns - since_) / kMillisecond;
  const bool killed = exited.signal == SIGKILL || exited.exit_code == 0;  // or it was asked to end
  start_again(how_it_ended(exited.exit_code, exited.signal), lived_ms, killed);
}

// The number of failures has no limit: the daemons serve without an orchestrator, and would end
// with this process.
void OrchestratorProcess::start_again(std::string how, uint64_t lived_ms, bool killed) {
  const uint64_t delay_ms = policy_.after_death(lived_ms, killed);
  record_.pid = 0;
  record_.failures = policy_.failures();
  record_.last_end = std::move(how);
  record_.last_end_unix_ms = wall_now_ms();
  record_.next_start_unix_ms = record_.last_end_unix_ms + static_cast<int64_t>(delay_ms);
  write_record();
  log::info("starting the orchestrator again in " + std::to_string(delay_ms) + " ms");
  restart_.start(delay_ms);
}

void OrchestratorProcess::write_record() {
  const Status written = write_private_file(options_.dir + kRecordFile, to_json(record_));
  if (!written) log::warn("the record of the orchestrator: " + written.error().detail);
}

}  // namespace multiaz::supervisor
