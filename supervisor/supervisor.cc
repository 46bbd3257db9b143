#include "supervisor/supervisor.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <variant>

#include "base/core/log.h"
#include "base/core/private_files.h"
#include "base/rt/unix_peer.h"
#include "base/wire/frame.h"

namespace multiaz::supervisor {

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
  socket_path_ = options_.dir + "/supervisor.sock";
  auto listener = rt::Listener::bind_unix(socket_path_);
  if (!listener) return listener.error();
  listener_ = std::move(*listener);
  chmod(socket_path_.c_str(), 0600);
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
    listener_.reset();
    co_return 254;
  }
  restart_ = std::make_unique<rt::Timer>([this] { start_orchestrator(); });
  long_life_ = std::make_unique<rt::Timer>([this] { orchestrator_lives(); });
  nursery_.spawn("accept", accept_orchestrators());
  start_orchestrator();
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

rt::Task<void> Supervisor::accept_orchestrators() {
  while (true) {
    auto conn = co_await listener_->accept();
    if (!conn) co_return;
    const Status known = rt::check_unix_peer(**conn, socket_path_);
    if (!known) {
      log::warn("refused: " + known.error().detail);
      continue;
    }
    nursery_.spawn("orchestrator", serve(std::move(*conn)));
  }
}

void Supervisor::is_orchestrator(rt::Conn& conn) {
  if (orchestrator_ == &conn) return;
  if (orchestrator_) orchestrator_->close(Code::kClosed, "another orchestrator connected");
  conn.clear_deadline();
  orchestrator_ = &conn;
  conn.set_input_max(wire::kControlBytesMax + wire::kFrameHeaderBytes);
  tell_kept_exits();
}

// A connection that sends nothing replaces no other: the orchestrator is the one that sends a
// request.
rt::Task<void> Supervisor::serve(std::unique_ptr<rt::Conn> conn) {
  std::optional<rt::Stranger> silent(std::in_place, silent_, *conn);
  conn->deadline_in_ms(kFirstMessageMs);
  while (true) {
    const auto frame = wire::decode_frame(conn->peek(), wire::kControlBytesMax);
    if (!frame) break;
    if (frame->has_value()) {
      const auto message = wire::decode_control((*frame)->payload);
      conn->consume((*frame)->consumed);
      if (!message) {
        log::warn("from the orchestrator: " + message.error().text());
        break;
      }
      silent.reset();
      is_orchestrator(*conn);
      take(*message);
      continue;
    }
    const Status more = co_await conn->more();
    if (!more) break;
  }
  if (orchestrator_ == conn.get()) orchestrator_ = nullptr;
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
  tell(done);
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
    tell(done);
  } else if (const auto* list = std::get_if<wire::ListProcesses>(&message)) {
    wire::ProcessList answer;
    answer.ref = list->ref;
    answer.processes = processes_->list();
    tell(answer);
  } else if (const auto* shutdown = std::get_if<wire::Shutdown>(&message)) {
    done.ref = shutdown->ref;
    done.ok = true;
    tell(done);
    rt::defer([this] { end(0, "asked to"); });
  } else {
    log::warn("unexpected message " + std::string(wire::name_of(message)));
  }
}

bool Supervisor::tell(const wire::ControlMessage& message) {
  if (!orchestrator_ || orchestrator_->closed()) return false;
  if (orchestrator_->pending_bytes() > kPendingBytesMax) {
    orchestrator_->close(Code::kLimit, "the orchestrator does not read");
    return false;
  }
  std::string bytes;
  wire::write_frame(wire::encode(message), bytes);
  return orchestrator_->send(bytes);
}

void Supervisor::tell_kept_exits() {
  while (!kept_exits_.empty() && tell(kept_exits_.front())) kept_exits_.pop_front();
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
  if (exited->id == kOrchestratorId) orchestrator_died(*exited);
  if (kept_exits_.size() == kExitsKeptMax) kept_exits_.pop_front();
  kept_exits_.push_back(*exited);
  tell_kept_exits();
  exits_.notify_all();
  // Processes that an instance leaves behind end with it. This comes after the report, because a
  // failover waits for that.
  (void)processes_->kill_orphans(0);
}

}  // namespace multiaz::supervisor
