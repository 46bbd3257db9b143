#include "base/rt/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/core/check.h"
#include "base/core/descriptors.h"

namespace multiaz::rt {

namespace {

constexpr int kFirstListener = 3;
constexpr int kScratchFd = 200;  // above every descriptor that a child inherits
static_assert(kKeptReportFd < kScratchFd);

// The variables of our environment that a child may see; all others are given explicitly.
constexpr const char* kPassedOn[] = {"PATH",          "HOME",         "LANG",
                                     "TMPDIR",        "TZ",           "ASAN_OPTIONS",
                                     "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"};

std::vector<std::string> make_environment(const SpawnOptions& options) {
  std::vector<std::string> out;
  for (const char* name : kPassedOn) {
    const char* value = std::getenv(name);
    if (value && !options.env.contains(name)) out.push_back(std::string(name) + "=" + value);
  }
  for (const auto& [name, value] : options.env) out.push_back(name + "=" + value);
  std::string listen;
  for (size_t i = 0; i < options.listeners.size(); ++i) {
    listen += (i ? "," : "") + options.listeners[i].first + "=" +
              std::to_string(kFirstListener + static_cast<int>(i));
  }
  if (!listen.empty()) out.push_back("MULTIAZ_LISTEN=" + listen);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Runs in the child between fork and exec: system calls only.
[[noreturn]] void become(const SpawnOptions& options, pid_t parent, int output, int report,
                         const rlimit& descriptors, bool kept, char* const* argv,
                         char* const* envp) {
  if (options.die_with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // the parent died before the line above
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  setpgid(0, 0);  // so that a Ctrl-C at the terminal reaches the command line only
  for (const std::string& file : options.join) {
    const int group = open(file.c_str(), O_WRONLY | O_CLOEXEC);
    (void)!write(group, "0", 1);
    close(group);
  }
  int failed = 0;
  if (!options.cwd.empty() && chdir(options.cwd.c_str()) != 0) failed = errno;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, 0);
  if (output >= 0) {
    dup2(output, 1);
    dup2(output, 2);
  }
  const int kept_report = fcntl(report, F_DUPFD_CLOEXEC, kScratchFd);
  const int count = static_cast<int>(options.listeners.size());
  int moved[64];
  for (int i = 0; i < count; ++i)
    moved[i] = fcntl(options.listeners[i].second, F_DUPFD, kScratchFd);
  for (int i = 0; i < count; ++i) dup2(moved[i], kFirstListener + i);
  for (int fd = kFirstListener + count; fd < kept_report; ++fd) close(fd);
  syscall(SYS_close_range, kept_report + 1, ~0U, 0);
  setrlimit(RLIMIT_NOFILE, &descriptors);  // the raised limit is ours, not the child's
  if (kept) dup2(kept_report, kKeptReportFd);
  const char* program = options.program.empty() ? argv[0] : options.program.c_str();
  if (failed == 0) execve(program, argv, envp);
  if (failed == 0) failed = errno;
  (void)!write(kept_report, &failed, sizeof failed);
  _exit(127);
}

// The child's report of its start: nothing, an errno, or a keeper's report.
struct StartReport {
  pid_t pid = 0;
  size_t bytes = 0;
  KeptReport report;
};

Result<StartReport> launch(const SpawnOptions& options, bool kept) {
  CHECK(!options.argv.empty() && options.listeners.size() <= 64);
  std::vector<std::string> arguments = options.argv;
  std::vector<std::string> environment = make_environment(options);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  int output = -1;
  if (!options.output_path.empty()) {
    constexpr int kAppend = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
    output = open(options.output_path.c_str(), kAppend, 0600);
    if (output < 0) {
      return Error(Code::kIo, options.output_path + ": " + strerror(errno));
    }
  }
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    if (output >= 0) close(output);
    return Error(Code::kIo, std::string("pipe: ") + strerror(errno));
  }
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  (void)descriptor_limit();
  descriptors.rlim_cur = descriptor_limit_at_start();
  const pid_t parent = getpid();
  StartReport started;
  started.pid = fork();
  if (started.pid == 0) {
    become(options, parent, output, report[1], descriptors, kept, argv.data(), envp.data());
  }
  const int fork_errno = errno;
  close(report[1]);
  if (output >= 0) close(output);
  while (started.pid > 0 && started.bytes < sizeof started.report) {
    char* into = reinterpret_cast<char*>(&started.report) + started.bytes;
    const ssize_t got = read(report[0], into, sizeof started.report - started.bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    started.bytes += static_cast<size_t>(got);
  }
  close(report[0]);
  if (started.pid < 0) return Error(Code::kIo, std::string("fork: ") + strerror(fork_errno));
  return started;
}

}  // namespace

Result<pid_t> spawn_process(const SpawnOptions& options) {
  const auto started = launch(options, false);
  if (!started) return started.error();
  if (started->bytes == 0) return started->pid;
  waitpid(started->pid, nullptr, 0);
  return Error(Code::kIo, options.argv[0] + ": " + strerror(started->report.failed));
}

Result<Kept> spawn_kept(const SpawnOptions& options) {
  const auto started = launch(options, true);
  if (!started) return started.error();
  if (started->bytes == sizeof started->report && started->report.failed == 0) {
    return Kept{started->pid, started->report.main};
  }
  ::kill(started->pid, SIGKILL);
  waitpid(started->pid, nullptr, 0);
  return Error(Code::kIo, started->bytes == 0 ? "the keeper ended"
                                            : std::string(strerror(started->report.failed)));
}

Reaper::Reaper(std::function<void(const ExitReport&)> on_exit)
    : on_exit_(std::move(on_exit)), watch_(SIGCHLD, [this] { poll(); }) {}

void Reaper::poll() {
  while (true) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    ExitReport report;
    report.pid = pid;
    report.at = monotonic_now();
    if (WIFEXITED(status)) report.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) report.signal = WTERMSIG(status);
    on_exit_(report);
  }
}

char process_state(pid_t pid) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
  std::FILE* file = std::fopen(path, "r");
  if (!file) return 0;
  char line[512];
  const size_t got = std::fread(line, 1, sizeof line - 1, file);
  std::fclose(file);
  line[got] = 0;
  const char* paren = std::strrchr(line, ')');  // the name may contain spaces and parentheses
  return paren && paren[1] == ' ' ? paren[2] : 0;
}

}  // namespace multiaz::rt
