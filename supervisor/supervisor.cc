#include "supervisor/supervisor.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <utility>
#include <variant>

#include "base/core/log.h"
#include "base/core/private_files.h"

namespace multiaz::supervisor {

Supervisor::Supervisor(Options options)
    : options_(std::move(options)),
      link_(options_.dir + "/supervisor.sock", nursery_,
            [this](const wire::ControlMessage& message) { take(message); }) {}

Status Supervisor::open_endpoints() {
  std::map<std::string, int> listeners;
  for (const auto& [name, address] : options_.listen) {
    const auto fd = rt::open_listening_socket(address);
    if (!fd) return fd.error();
    listeners[name] = *fd;
  }
  std::ifstream membership("/proc/self/cgroup");
  std::ostringstream text;
  text << membership.rdbuf();
  cgroups_ = std::make_unique<Cgroups>("/sys/fs/cgroup", text.str());
  processes_ = std::make_unique<Processes>(std::move(listeners), cgroups_.get());
  return Status();
}

// Ends the cluster when another process ends (that of the demo, for example), even if that process
// is not our parent.
Status Supervisor::watch_other(int pid) {
  other_fd_ = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (other_fd_ < 0) {
    return Error(Code::kInvalid, "--die-with " + std::to_string(pid) + ": " + strerror(errno));
  }
  other_ = std::make_unique<rt::FdWatch>(
      other_fd_, [this](bool, bool) { end(0, "the process of --die-with is gone"); });
  other_->want(true, false);
  return Status();
}

Status Supervisor::open() {
  const Status own = check_own_folder(options_.dir);
  if (!own) return own;
  const Status endpoints = open_endpoints();
  if (!endpoints) return endpoints;
  const Status linked = link_.open();
  if (!linked) return linked;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  reaper_ = std::make_unique<rt::Reaper>([this](const rt::ExitReport& r) { on_exit(r); });
  on_term_ = std::make_unique<rt::SignalWatch>(SIGTERM, [this] { end(0, "SIGTERM"); });
  on_int_ = std::make_unique<rt::SignalWatch>(SIGINT, [this] { end(0, "SIGINT"); });
  return options_.die_with == 0 ? Status() : watch_other(options_.die_with);
}

rt::Task<int> Supervisor::run() {
  const Status opened = open();
  if (!opened) {
    std::fprintf(stderr, "supervisor: %s\n", opened.error().detail.c_str());
    on_term_.reset();
    on_int_.reset();
    reaper_.reset();
    link_.remove();
    co_return 254;
  }
  orchestrator_.emplace(options_, *processes_);
  nursery_.spawn("accept", link_.accept());
  orchestrator_->start();
  std::printf("{\"ready\":true,\"pid\":%d}\n", getpid());
  std::fflush(stdout);
  if (!ending_) co_await ended_;
  co_await shut_down();
  co_return exit_code_;
}

void Supervisor::end(int exit_code, std::string_view why) {
  if (ending_) return;
  ending_ = true;
  exit_code_ = exit_code;
  log::info("ending: " + std::string(why));
  ended_.wake();
}

void Supervisor::take_spawn(const wire::Spawn& request) {
  wire::Done done;
  done.ref = request.ref;
  std::string note;
  const auto started = processes_->start(request, &note);
  done.ok = started.ok();
  if (started) done.pid = started->main;
  if (started) done.keeper = started->keeper;
  done.error = started ? note : started.error().detail;
  log::info("start " + request.id + ", launch " + std::to_string(request.launch) +
            (started ? ", pid " + std::to_string(done.pid) : ": " + done.error));
  link_.tell(done);
}

void Supervisor::take(const wire::ControlMessage& message) {
  if (ending_) return;
  wire::Done done;
  if (const auto* spawn = std::get_if<wire::Spawn>(&message)) {
    take_spawn(*spawn);
  } else if (const auto* order = std::get_if<wire::SignalProcess>(&message)) {
    const Status sent =
        processes_->signal(order->id, order->launch, static_cast<int>(order->signal));
    done.ref = order->ref;
    done.ok = sent.ok();
    if (!sent) done.error = sent.error().detail;
    link_.tell(done);
  } else if (const auto* list = std::get_if<wire::ListProcesses>(&message)) {
    wire::ProcessList answer;
    answer.ref = list->ref;
    answer.processes = processes_->list();
    link_.tell(answer);
  } else if (const auto* shutdown = std::get_if<wire::Shutdown>(&message)) {
    done.ref = shutdown->ref;
    done.ok = true;
    link_.tell(done);
    rt::defer([this] { end(0, "asked to"); });
  } else {
    log::warn("unexpected message " + std::string(wire::name_of(message)));
  }
}

void Supervisor::on_exit(const rt::ExitReport& report) {
  const std::optional<wire::Exited> exited = processes_->reaped(report);
  if (!exited) {
    // Its children, if it had any, are ours now.
    (void)processes_->kill_orphans(0);
    return;
  }
  log::info(exited->id + ", launch " + std::to_string(exited->launch) + ", ended: " +
            (exited->signal ? "signal " + std::to_string(exited->signal)
                            : "exit code " + std::to_string(exited->exit_code)));
  if (exited->id == kOrchestratorId && !ending_) {
    link_.drop("the orchestrator died");
    orchestrator_->died(*exited);
  }
  link_.report(*exited);
  exits_.notify_all();
  // Processes that an instance leaves behind end with it. This comes after the report, because a
  // failover waits for that.
  (void)processes_->kill_orphans(0);
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
  orchestrator_.reset();
  other_.reset();
  if (other_fd_ >= 0) ::close(other_fd_);
  link_.close();
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
  link_.remove();
  on_term_.reset();
  on_int_.reset();
  reaper_.reset();
}

}  // namespace multiaz::supervisor
