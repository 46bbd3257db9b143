#include "cli/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/core/clock.h"

namespace multiaz::cli {

namespace {

constexpr size_t kCapturedBytesMax = 16 << 20;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

Error system_error(const char* what) {
  return Error(Code::kIo, std::string(what) + ": " + strerror(errno));
}

// Runs in the child, where only system calls are allowed.
[[noreturn]] void exec_with(char* const* argv, int out, int err) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, 0);
  dup2(out, 1);
  dup2(err, 2);
  // A pipe of our caller that stayed open in a cluster would never end for its reader.
  syscall(SYS_close_range, 3, ~0U, 0);
  execv(argv[0], argv);
  dprintf(2, "%s: %s\n", argv[0], strerror(errno));
  _exit(127);
}

// Reads both pipes until both are closed.
void drain(int out, int err, Captured& captured) {
  pollfd fds[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  std::string* texts[2] = {&captured.out, &captured.err};
  int open_count = 2;
  while (open_count > 0 && poll(fds, 2, -1) >= 0) {
    for (int i = 0; i < 2; ++i) {
      if (fds[i].revents == 0) continue;
      char piece[16 * 1024];
      const ssize_t got = read(fds[i].fd, piece, sizeof piece);
      if (got > 0 && texts[i]->size() < kCapturedBytesMax) {
        texts[i]->append(piece, static_cast<size_t>(got));
      }
      if (got > 0) continue;
      fds[i].fd = -1;
      --open_count;
    }
  }
}

// Reads the first line from the pipe.
Result<std::string> first_line(int fd, int timeout_ms) {
  std::string text;
  const Nanos limit = monotonic_now() + static_cast<Nanos>(timeout_ms) * kMillisecond;
  while (text.find('\n') == std::string::npos) {
    const Nanos now = monotonic_now();
    if (now >= limit) return Error(Code::kTimeout, "no ready line");
    pollfd poller{fd, POLLIN, 0};
    poll(&poller, 1, static_cast<int>((limit - now) / kMillisecond) + 1);
    if (poller.revents == 0) continue;
    char piece[4096];
    const ssize_t got = read(fd, piece, sizeof piece);
    if (got <= 0) return Error(Code::kClosed, "ended without a ready line");
    text.append(piece, static_cast<size_t>(got));
  }
  return text.substr(0, text.find('\n'));
}

}  // namespace

Result<Captured> run_captured(const std::vector<std::string>& argv) {
  std::vector<std::string> copies = argv;
  const std::vector<char*> raw = pointers(copies);
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) return system_error("pipe");
  const pid_t pid = fork();
  if (pid == 0) exec_with(raw.data(), out[1], err[1]);
  close(out[1]);
  close(err[1]);
  Captured captured;
  if (pid > 0) drain(out[0], err[0], captured);
  close(out[0]);
  close(err[0]);
  if (pid < 0) return system_error("fork");
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status)) captured.exit_code = WEXITSTATUS(status);
  return captured;
}

Result<std::string> start_detached(const std::vector<std::string>& argv,
                                   const std::string& error_path, int timeout_ms) {
  std::vector<std::string> copies = argv;
  const std::vector<char*> raw = pointers(copies);
  const int err =
      open(error_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (err < 0) return system_error(error_path.c_str());
  int out[2];
  if (pipe2(out, O_CLOEXEC) != 0) return system_error("pipe");
  const pid_t pid = fork();
  if (pid == 0) {
    setsid();  // so that closing the terminal does not end the cluster
    if (fork() != 0) _exit(0);
    exec_with(raw.data(), out[1], err);
  }
  close(out[1]);
  close(err);
  if (pid < 0) {
    close(out[0]);
    return system_error("fork");
  }
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  auto line = first_line(out[0], timeout_ms);
  close(out[0]);
  return line;
}

}  // namespace multiaz::cli
