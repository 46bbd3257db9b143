#include "supervisor/keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/rt/process.h"
#include "base/rt/process_tree.h"

extern char** environ;

namespace multiaz::supervisor {

namespace {

// a fork bomb may outrun some passes, but never its process group
constexpr int kFreezePassesMax = 100;
constexpr long kPauseNs = 1'000'000;
constexpr int kCannotStart = 127;

void pause_shortly() {
  const timespec pause{0, kPauseNs};
  nanosleep(&pause, nullptr);
}

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int one : {SIGCHLD, SIGUSR1, SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGCONT}) {
    sigaddset(&set, one);
  }
  return set;
}

// Runs in the child: a session of its own, so that the app's process groups contain no other
// process.
[[noreturn]] void become_main(const std::vector<char*>& argv, pid_t keeper, int report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != keeper) _exit(kCannotStart);
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(argv[0], argv.data(), environ);
  const int failed = errno;
  (void)!write(report, &failed, sizeof failed);
  _exit(kCannotStart);
}

class Keeper {
 public:
  // Returns 0, or the errno of the failure.
  int start(const std::vector<char*>& argv);
  [[nodiscard]] pid_t main() const { return main_; }
  void run();
  [[noreturn]] void end_as_main();

 private:
  bool reap();  // false when no process is left
  // Whether the main process has ended with success and left others: a program that daemonises
  // itself.
  [[nodiscard]] bool left_daemons() const {
    return main_ended_ && WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
  }
  void take(int signum);
  static void freeze();
  static void send_all(int signum, bool groups);
  void end_all();

  pid_t main_ = 0;
  int status_ = 0;
  bool main_ended_ = false, asked_to_end_ = false, ending_ = false;
};

int Keeper::start(const std::vector<char*>& argv) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return errno;
  const pid_t self = getpid();
  main_ = fork();
  if (main_ == 0) become_main(argv, self, report[1]);
  int failed = main_ < 0 ? errno : 0;
  close(report[1]);
  if (main_ > 0) {
    while (read(report[0], &failed, sizeof failed) < 0 && errno == EINTR) continue;
  }
  close(report[0]);
  return failed;
}

// No process below us can be missed here, because an orphan becomes our child.
bool Keeper::reap() {
  while (true) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
    if (pid < 0) return errno != ECHILD;
    if (pid == 0) return true;
    if (pid != main_) continue;
    status_ = status;
    main_ended_ = true;
  }
}

void Keeper::send_all(int signum, bool groups) {
  std::vector<pid_t> signalled;
  for (const rt::ProcessNode& one : rt::processes_below(getpid())) {
    // The kernel signals a group as a whole, which no fork escapes.
    if (groups && std::find(signalled.begin(), signalled.end(), one.group) == signalled.end()) {
      signalled.push_back(one.group);
      if (one.group > 1 && one.group != getpgrp()) kill(-one.group, signum);
    }
    kill(one.pid, signum);
  }
}

// Repeats until all processes are seen to be stopped, because a stopped one starts no others.
void Keeper::freeze() {
  for (int pass = 0; pass < kFreezePassesMax; ++pass) {
    const auto all = rt::processes_below(getpid());
    if (std::all_of(all.begin(), all.end(), [](const auto& one) { return one.stopped(); })) return;
    send_all(SIGSTOP, true);
    pause_shortly();
  }
}

void Keeper::end_all() {
  if (!ending_) freeze();
  ending_ = true;
  if (left_daemons()) status_ = SIGKILL;  // as wait() reports it: ended by that signal
  send_all(SIGKILL, true);
}

void Keeper::take(int signum) {
  switch (signum) {
    case SIGUSR1: end_all(); return;
    case SIGTSTP: freeze(); return;
    case SIGCONT: send_all(SIGCONT, true); return;
    case SIGCHLD: return;
    default: asked_to_end_ = true; send_all(signum, false);
  }
}

void Keeper::run() {
  const sigset_t set = watched();
  while (reap()) {
    if (main_ended_ && !asked_to_end_ && !left_daemons()) end_all();
    // A process that was started while the others were being killed is found by the next pass.
    const timespec look{0, 10 * kPauseNs};
    const int signum = ending_ ? sigtimedwait(&set, nullptr, &look) : sigwaitinfo(&set, nullptr);
    if (signum > 0) take(signum);
    if (ending_) end_all();
  }
}

void Keeper::end_as_main() {
  if (WIFEXITED(status_)) _exit(WEXITSTATUS(status_));
  const int signum = WTERMSIG(status_);
  prctl(PR_SET_DUMPABLE, 0);  // a core dump, if any, belongs to the main process
  signal(signum, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  raise(signum);
  _exit(128 + signum);
}

}  // namespace

int for_keeper(int signum) {
  switch (signum) {
    case SIGKILL: return SIGUSR1;
    case SIGSTOP: return SIGTSTP;
    default: return signum;
  }
}

int keep(const std::vector<std::string>& arguments) {
  const pid_t parent = getppid();
  prctl(PR_SET_NAME, kKeeperName);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const sigset_t set = watched();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  // From here on the supervisor's death is an order like any other.
  prctl(PR_SET_PDEATHSIG, SIGUSR1);
  if (getppid() != parent) return kCannotStart;
  const auto split = std::find(arguments.begin(), arguments.end(), "--");
  if (split == arguments.end() || split + 1 == arguments.end()) return kCannotStart;
  std::vector<std::string> words(split + 1, arguments.end());
  std::vector<char*> argv;
  for (std::string& one : words) argv.push_back(one.data());
  argv.push_back(nullptr);
  fcntl(rt::kKeptReportFd, F_SETFD, FD_CLOEXEC);
  Keeper keeper;
  rt::KeptReport report;
  report.failed = keeper.start(argv);
  report.main = keeper.main();
  (void)!write(rt::kKeptReportFd, &report, sizeof report);
  syscall(SYS_close_range, 3, ~0U, 0);  // what the app inherited belongs to the app
  keeper.run();
  keeper.end_as_main();
}

}  // namespace multiaz::supervisor
