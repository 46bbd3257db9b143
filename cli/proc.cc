#include "cli/proc.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/rt/address.h"
#include "base/rt/listeners.h"
#include "base/rt/process_tree.h"
#include "cli/addresses.h"

namespace multiaz::cli {

namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::string proc(pid_t pid, const char* what) {
  return "/proc/" + std::to_string(pid) + "/" + what;
}

}  // namespace

std::optional<ProcessFacts> look_at(pid_t pid) {
  const std::string stat = slurp(proc(pid, "stat"));
  const size_t open = stat.find('(');
  const size_t close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  ProcessFacts facts;
  facts.pid = pid;
  facts.name = stat.substr(open + 1, close - open - 1);
  if (std::sscanf(stat.c_str() + close + 1, " %c %d", &facts.state, &facts.parent) != 2) {
    return std::nullopt;
  }
  if (facts.state == 'Z' || facts.state == 'X') return std::nullopt;
  facts.command = slurp(proc(pid, "cmdline"));
  while (!facts.command.empty() && facts.command.back() == '\0') facts.command.pop_back();
  std::replace(facts.command.begin(), facts.command.end(), '\0', ' ');
  return facts;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> out;
  DIR* folder = opendir("/proc");
  if (!folder) return out;
  while (const dirent* entry = readdir(folder)) {
    const int pid = std::atoi(entry->d_name);
    if (pid > 0) out.push_back(pid);
  }
  closedir(folder);
  return out;
}

std::vector<pid_t> processes_of(const std::string& folder) {
  std::vector<pid_t> out;
  for (const pid_t pid : all_processes()) {
    if (pid == getpid()) continue;
    char cwd[4096];
    const ssize_t size = readlink(proc(pid, "cwd").c_str(), cwd, sizeof cwd);
    const std::string works_in(cwd, size > 0 ? static_cast<size_t>(size) : 0);
    const auto facts = look_at(pid);
    if (!facts) continue;
    const std::string command = facts->command + " ";
    // Only our own programs count: an editor or a shell in that folder is no leftover.
    const bool daemon = facts->command.find("--id ") != std::string::npos ||
                        facts->command.find("--dir ") != std::string::npos;
    if (!daemon) continue;
    if (works_in == folder || command.find(" " + folder + " ") != std::string::npos ||
        command.find(" " + folder + "/") != std::string::npos) {
      out.push_back(pid);
    }
  }
  return out;
}

std::vector<Listener> listeners_of_clusters() {
  std::vector<Listener> out;
  const std::vector<pid_t> all = all_processes();
  for (const rt::ListeningSocket& socket : rt::listening_sockets()) {
    const uint32_t octet = socket.ip >> 16 & 0xff;
    if (socket.ip >> 24 != 127 || octet < kOctetMin || octet > kOctetMax) continue;
    Listener one;
    one.address = rt::make_address(socket.ip, socket.port).text();
    for (const pid_t pid : all) {
      if (!rt::holds_socket(pid, socket.inode)) continue;
      one.pid = pid;
      out.push_back(one);
    }
  }
  return out;
}

bool has_supervisor(pid_t pid) {
  constexpr int kGenerationsMax = 64;
  for (int i = 0; i < kGenerationsMax && pid > 1; ++i) {
    const auto facts = look_at(pid);
    if (!facts) return false;
    if (facts->name == "supervisor" && !argument_of(facts->command, "--dir").empty()) return true;
    pid = facts->parent;
  }
  return false;
}

std::vector<ProcessFacts> family_of(pid_t parent) {
  std::vector<ProcessFacts> out;
  for (const pid_t pid : all_processes()) {
    auto facts = look_at(pid);
    if (facts && (facts->pid == parent || facts->parent == parent)) out.push_back(*facts);
  }
  return out;
}

std::vector<ProcessFacts> kept_by(const ProcessFacts& process) {
  std::vector<ProcessFacts> out;
  if (process.name == "keeper") {
    for (const rt::ProcessNode& one : rt::processes_below(process.pid)) {
      auto facts = look_at(one.pid);
      if (facts) out.push_back(*facts);
    }
  }
  if (out.empty()) out.push_back(process);
  return out;
}

uint64_t pss_kib(pid_t pid) {
  std::istringstream lines(slurp(proc(pid, "smaps_rollup")));
  for (std::string line; std::getline(lines, line);) {
    uint64_t kib = 0;
    if (std::sscanf(line.c_str(), "Pss: %lu kB", &kib) == 1) return kib;
  }
  return 0;
}

std::string argument_of(const std::string& command, const std::string& flag) {
  const std::string wanted = " " + flag + " ";
  const size_t at = command.find(wanted);
  if (at == std::string::npos) return "";
  const size_t start = at + wanted.size();
  return command.substr(start, command.find(' ', start) - start);
}

}  // namespace multiaz::cli
