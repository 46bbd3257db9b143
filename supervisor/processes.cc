#include "supervisor/processes.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/rt/process_tree.h"
#include "supervisor/keeper.h"

namespace multiaz::supervisor {

namespace {

constexpr uint64_t kOrphansMs = 500;
constexpr useconds_t kOrphanPollUs = 1000;

}  // namespace

Result<rt::Kept> Processes::start(const wire::Spawn& request, std::string* note) {
  if (request.argv.empty() || request.id.empty()) {
    return Error(Code::kInvalid, "a process needs an id and a command");
  }
  if (const auto running = by_id_.find(request.id); running != by_id_.end()) {
    return Error(Code::kConflict, request.id + " runs already (launch " +
                                      std::to_string(running->second.launch) + ", pid " +
                                      std::to_string(running->second.pid) + ")");
  }
  rt::SpawnOptions options;
  options.argv = request.argv;
  options.env = request.env;
  options.output_path = request.log_path;
  options.cwd = request.cwd;
  for (const std::string& name : request.listen) {
    const auto listener = listeners_.find(name);
    if (listener == listeners_.end()) return Error(Code::kInvalid, "no listener '" + name + "'");
    options.listeners.emplace_back(name, listener->second);
  }
  if (request.listen.size() > listeners_.size()) {
    return Error(Code::kInvalid, "a process inherits each listener once at most");
  }
  if (cgroups_) {
    auto join = cgroups_->prepare(request.id, {request.cpu_percent, request.memory_mb});
    if (join)
      options.join = std::move(*join);
    else if (note)
      *note = "runs without its limits: " + join.error().detail;
  }
  const auto process = spawn(request, std::move(options));
  if (!process) return process.error();
  by_id_[request.id] = *process;
  last_launch_[request.id] = request.launch;
  return rt::Kept{process->keeper, process->pid};
}

Result<Processes::Process> Processes::spawn(const wire::Spawn& request, rt::SpawnOptions options) {
  Process process;
  process.launch = request.launch;
  if (!request.kept) {
    const auto pid = rt::spawn_process(options);
    if (!pid) return pid.error();
    process.pid = *pid;
  } else {
    options.program = "/proc/self/exe";
    options.argv = {kKeeperName, "--id", request.id, "--log", request.log_path, "--"};
    options.argv.insert(options.argv.end(), request.argv.begin(), request.argv.end());
    const auto kept = rt::spawn_kept(options);
    if (!kept) return Error(kept.error().code, request.argv[0] + ": " + kept.error().detail);
    process.pid = kept->main;
    process.keeper = kept->keeper;
  }
  process.started = monotonic_now();
  return process;
}

int Processes::send(const Process& process, int signum) {
  if (process.keeper == 0) return ::kill(process.pid, signum);
  const int sent = ::kill(process.keeper, for_keeper(signum));
  // The keeper itself may have been stopped.
  if (signum == SIGKILL) ::kill(process.keeper, SIGCONT);
  return sent;
}

Status Processes::signal(const std::string& id, uint64_t launch, int signum) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return Error(Code::kNotFound, id + " does not run");
  const Process& process = found->second;
  if (launch != 0 && launch != process.launch) {
    return Error(Code::kNotFound, id + " runs as launch " + std::to_string(process.launch) +
                                      ", not " + std::to_string(launch));
  }
  // The process is not reaped yet, so the pid certainly still belongs to it.
  if (send(process, signum) != 0) return Error(Code::kIo, strerror(errno));
  return Status();
}

void Processes::signal_all(int signum) {
  for (const auto& [id, process] : by_id_) send(process, signum);
}

void Processes::kill_hard() {
  for (const auto& [id, process] : by_id_) ::kill(process.child(), SIGKILL);
}

bool Processes::kill_orphans(uint64_t timeout_ms) {
  const Nanos limit = monotonic_now() + timeout_ms * kMillisecond;
  while (true) {
    std::vector<rt::ProcessNode> orphans = rt::children_of(getpid());
    std::erase_if(orphans, [this](const rt::ProcessNode& one) {
      return std::any_of(by_id_.begin(), by_id_.end(),
                         [&](const auto& known) { return known.second.child() == one.pid; });
    });
    if (orphans.empty()) return true;
    for (const rt::ProcessNode& one : orphans) ::kill(one.pid, SIGKILL);
    for (const rt::ProcessNode& one : orphans) waitpid(one.pid, nullptr, WNOHANG);
    if (monotonic_now() >= limit) return false;
    usleep(kOrphanPollUs);
  }
}

std::optional<wire::Exited> Processes::reaped(const rt::ExitReport& report) {
  for (auto it = by_id_.begin(); it != by_id_.end(); ++it) {
    if (it->second.child() != report.pid) continue;
    wire::Exited exited;
    exited.id = it->first;
    exited.launch = it->second.launch;
    exited.pid = it->second.pid;
    exited.t_ns = report.at;
    exited.exit_code = report.exit_code;
    exited.signal = report.signal;
    const bool kept = it->second.keeper != 0;
    by_id_.erase(it);
    if (kept) (void)kill_orphans(kOrphansMs);  // in case the keeper itself was killed
    if (cgroups_) cgroups_->remove(exited.id);
    return exited;
  }
  return std::nullopt;
}

std::vector<wire::ProcessInfo> Processes::list() const {
  std::vector<wire::ProcessInfo> out;
  for (const auto& [id, process] : by_id_) {
    wire::ProcessInfo info;
    info.id = id;
    info.launch = process.launch;
    info.pid = process.pid;
    info.started_ns = process.started;
    info.stopped = rt::process_state(process.pid) == 'T';
    info.keeper = process.keeper;
    out.push_back(info);
  }
  for (const auto& [id, launch] : last_launch_) {
    if (by_id_.contains(id)) continue;
    wire::ProcessInfo info;
    info.id = id;
    info.launch = launch;
    out.push_back(info);
  }
  return out;
}

}  // namespace multiaz::supervisor
