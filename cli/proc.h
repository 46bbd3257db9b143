// Facts about processes from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace multiaz::cli {

struct ProcessFacts {
  pid_t pid = 0, parent = 0;
  char state = 0;
  std::string name;     // comm
  std::string command;  // arguments, joined by blanks
};

// nullopt when it does not exist (a zombie counts as gone).
std::optional<ProcessFacts> look_at(pid_t pid);
std::vector<pid_t> all_processes();
// Processes that work in that folder or name it in their arguments.
std::vector<pid_t> processes_of(const std::string& folder);
// A process that listens at an address of some cluster, 127.20.0.0 to 127.254.255.255.
struct Listener {
  pid_t pid = 0;  // 0 when the owner cannot be seen
  std::string address;
};
std::vector<Listener> listeners_of_clusters();
// Whether the process is a cluster's supervisor, or below one, wherever that cluster's folder is.
bool has_supervisor(pid_t pid);
// The process and its living children.
std::vector<ProcessFacts> family_of(pid_t parent);
// The processes of the instance that this keeper keeps; for any other process, the process itself.
std::vector<ProcessFacts> kept_by(const ProcessFacts& process);
// The proportional set size; 0 when it cannot be read.
uint64_t pss_kib(pid_t pid);
// The value of an argument "--id X" in a command, or "".
std::string argument_of(const std::string& command, const std::string& flag);

}  // namespace multiaz::cli
