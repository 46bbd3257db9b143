// Runs a command and collects what it prints.
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/rt/process.h"
#include "base/rt/sync.h"
#include "chaos/cluster.h"
#include "chaos/plan/text_file.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kCommandTimeoutMs = 60'000;

}  // namespace

std::string program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

rt::Task<Result<CommandResult>> run_command(std::vector<std::string> argv) {
  char path[] = "/tmp/multiaz-command-XXXXXX";
  const int fd = mkstemp(path);
  if (fd < 0) co_return Error(Code::kIo, "no temporary file in /tmp");
  ::close(fd);
  rt::SpawnOptions options;
  options.argv = argv;
  options.output_path = path;
  for (const char* name : {"MULTIAZ_RUN", "XDG_RUNTIME_DIR"}) {
    if (const char* value = std::getenv(name)) options.env[name] = value;
  }
  pid_t pid = -1;
  std::optional<rt::ExitReport> ended;
  rt::Notify changed;
  rt::Reaper reaper([&](const rt::ExitReport& report) {
    if (report.pid != pid) return;
    ended = report;
    changed.notify_all();
  });
  const auto spawned = rt::spawn_process(options);
  if (!spawned) {
    std::remove(path);
    co_return spawned.error();
  }
  pid = *spawned;
  reaper.poll();
  if (!ended) (void)co_await changed.wait(kCommandTimeoutMs);
  const auto printed = read_text(path);
  std::remove(path);
  if (!ended) co_return Error(Code::kTimeout, argv[0] + " did not end in a minute");
  co_return CommandResult{ended->exit_code, printed ? *printed : ""};
}

}  // namespace multiaz::chaos
