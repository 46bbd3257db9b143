#include "enginenode/child.h"

#include <csignal>

#include "base/core/clock.h"
#include "base/rt/sync.h"

namespace multiaz::enginenode {

namespace {
constexpr uint64_t kLookMs = 5;
}

Children::Children()
    : reaper_([this](const rt::ExitReport& report) {
        const auto found = known_.find(report.pid);
        if (found != known_.end()) found->second = report;
      }) {}

void Children::shut() {
  shut_ = true;
  for (const auto& [pid, report] : known_) {
    if (!report) ::kill(pid, SIGKILL);
  }
}

Result<pid_t> Children::start(const Program& program) {
  if (shut_) return Error(Code::kCancelled, "ending");
  rt::SpawnOptions options;
  options.argv = program.argv;
  options.env = program.env;
  if (program.folder >= 0) {
    options.listeners.emplace_back("folder", program.folder);
    options.cwd = "/";
  }
  auto pid = rt::spawn_process(options);
  if (pid) known_[*pid] = std::nullopt;
  return pid;
}

bool Children::lives(pid_t pid) const {
  const auto found = known_.find(pid);
  return found != known_.end() && !found->second.has_value();
}

bool Children::died(pid_t pid) const {
  const auto found = known_.find(pid);
  return found != known_.end() && found->second.has_value();
}

rt::Task<Status> Children::run(Program program, uint64_t ms_max) {
  const auto pid = start(program);
  if (!pid) co_return pid.error();
  const Nanos until = monotonic_now() + ms_max * kMillisecond;
  while (lives(*pid) && monotonic_now() < until) co_await rt::sleep_ms(kLookMs);
  const std::string name = program.argv.front();
  if (lives(*pid)) {
    co_await end(*pid, SIGKILL, 1000);
    co_return Error(Code::kTimeout, name + " took longer than " + std::to_string(ms_max) + " ms");
  }
  const rt::ExitReport report = *known_.at(*pid);
  known_.erase(*pid);
  if (report.exit_code == 0) co_return Status();
  co_return Error(Code::kInternal,
                  name + " ended with " +
                      (report.signal != 0 ? "signal " + std::to_string(report.signal)
                                          : "exit code " + std::to_string(report.exit_code)));
}

rt::Task<void> Children::end(pid_t pid, int signum, uint64_t ms_max) {
  if (lives(pid)) ::kill(pid, signum);
  const Nanos until = monotonic_now() + ms_max * kMillisecond;
  while (lives(pid) && monotonic_now() < until) co_await rt::sleep_ms(kLookMs);
  if (lives(pid)) ::kill(pid, SIGKILL);
  while (lives(pid)) co_await rt::sleep_ms(kLookMs);
  known_.erase(pid);
}

}  // namespace multiaz::enginenode
