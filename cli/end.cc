#include "cli/end.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/core/clock.h"
#include "base/core/paths.h"
#include "cli/proc.h"

namespace multiaz::cli {

namespace {

constexpr uint64_t kOrderlyMs = 10'000;  // longer than the supervisor's own grace period
constexpr uint64_t kHardMs = 5'000;
constexpr useconds_t kPollUs = 2'000;
constexpr size_t kLastLines = 12;

template <typename Condition>
bool wait_for(Condition condition, uint64_t limit_ms) {
  const Nanos limit = monotonic_now() + limit_ms * kMillisecond;
  while (!condition()) {
    if (monotonic_now() >= limit) return false;
    usleep(kPollUs);
  }
  return true;
}

// Checks for processes of an app that its keeper could not end because the keeper itself was
// killed.
Status check_no_listeners(const ClusterFolder& folder) {
  const std::string ip = folder.api.ip_text();
  const std::string ours = ip.substr(0, ip.find('.', ip.find('.') + 1) + 1);  // "127.20."
  std::string left, pids;
  for (const Listener& one : listeners_of_clusters()) {
    if (!one.address.starts_with(ours) || has_supervisor(one.pid)) continue;
    left += (left.empty() ? "" : ", ") + one.address + " (pid " + std::to_string(one.pid) + ")";
    pids += " " + std::to_string(one.pid);
  }
  if (left.empty()) return Status();
  return Error(Code::kConflict, "processes that are not the cluster's children still listen at " +
                                    left + "; end them with: kill" + pids);
}

}  // namespace

Status end_cluster(const ClusterFolder& folder) {
  // A process that is about to end has no arguments any more, but still exists.
  const std::vector<pid_t> known = processes_of(folder.path);
  const auto lives = [](pid_t pid) { return look_at(pid).has_value(); };
  if (is_running(folder)) {
    kill(folder.supervisor, SIGCONT);
    kill(folder.supervisor, SIGTERM);
    if (!wait_for([&] { return !is_running(folder); }, kOrderlyMs)) {
      kill(folder.supervisor, SIGKILL);  // all its processes die with it
    }
  }
  const auto all_gone = [&] {
    return processes_of(folder.path).empty() && std::none_of(known.begin(), known.end(), lives);
  };
  if (wait_for(all_gone, kHardMs)) return check_no_listeners(folder);
  std::string left;
  for (const pid_t pid : processes_of(folder.path)) {
    left += " " + std::to_string(pid);
    kill(pid, SIGKILL);
  }
  if (wait_for(all_gone, kHardMs)) return Status();
  return Error(Code::kTimeout, "these processes did not end:" + left);
}

std::string last_problems(const ClusterFolder& folder) {
  std::string out;
  for (const auto& entry : entries_of(folder.path + "/logs")) {
    const auto text = read_file(entry);
    if (!text) continue;
    std::vector<std::string> lines;
    std::istringstream in(*text);
    for (std::string line; std::getline(in, line);) {
      const bool ordinary = line.find(" info ") != std::string::npos ||
                            line.find(" debug ") != std::string::npos || line.starts_with("{");
      if (!ordinary && !line.empty()) lines.push_back(line);
    }
    const size_t first = lines.size() > kLastLines ? lines.size() - kLastLines : 0;
    for (size_t i = first; i < lines.size(); ++i) {
      out += entry.stem().string() + " | " + lines[i] + "\n";
    }
  }
  return out;
}

}  // namespace multiaz::cli
