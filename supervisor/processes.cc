#include "supervisor/processes.h"

#include <signal.h>

#include <cerrno>
#include <cstring>

namespace multiaz::supervisor {

Result<pid_t> Processes::start(const wire::Spawn& request, std::string* note) {
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
  if (cgroups_) {
    auto join = cgroups_->prepare(request.id, {request.cpu_percent, request.memory_mb});
    if (join)
      options.join = std::move(*join);
    else if (note)
      *note = "runs without its limits: " + join.error().detail;
  }
  const auto pid = rt::spawn_process(options);
  if (!pid) return pid.error();
  Process process;
  process.launch = request.launch;
  process.pid = *pid;
  process.started = monotonic_now();
  by_id_[request.id] = process;
  last_launch_[request.id] = request.launch;
  return *pid;
}

Status Processes::signal(const std::string& id, uint64_t launch, int signum) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return Error(Code::kNotFound, id + " does not run");
  const Process& process = found->second;
  if (launch != 0 && launch != process.launch) {
    return Error(Code::kNotFound, id + " runs as launch " + std::to_string(process.launch) +
                                      ", not " + std::to_string(launch));
  }
  // Not yet reaped, so the pid is certainly still this process.
  if (::kill(process.pid, signum) != 0) return Error(Code::kIo, strerror(errno));
  return Status();
}

void Processes::signal_all(int signum) {
  for (const auto& [id, process] : by_id_) ::kill(process.pid, signum);
}

std::optional<wire::Exited> Processes::reaped(const rt::ExitReport& report) {
  for (auto it = by_id_.begin(); it != by_id_.end(); ++it) {
    if (it->second.pid != report.pid) continue;
    wire::Exited exited;
    exited.id = it->first;
    exited.launch = it->second.launch;
    exited.pid = report.pid;
    exited.t_ns = report.at;
    exited.exit_code = report.exit_code;
    exited.signal = report.signal;
    by_id_.erase(it);
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
