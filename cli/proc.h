// What /proc says about processes.
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

// Nothing when it does not exist (zombies count as gone).
std::optional<ProcessFacts> look_at(pid_t pid);
std::vector<pid_t> all_processes();
// A process works in that folder, or names it in its arguments.
std::vector<pid_t> processes_of(const std::string& folder);
// Who listens at an address of some cluster's, 127.20.0.0 to 127.254.255.255.
struct Listener {
  pid_t pid = 0;  // 0 = whose it is cannot be seen
  std::string address;
};
std::vector<Listener> listeners_of_clusters();
// It is a cluster's supervisor, or below one, wherever that cluster's folder is.
bool has_supervisor(pid_t pid);
// The process and its living children.
std::vector<ProcessFacts> family_of(pid_t parent);
// The processes that a keeper keeps for its instance; any other process is its only one.
std::vector<ProcessFacts> kept_by(const ProcessFacts& process);
// Proportional set size; 0 when it cannot be read.
uint64_t pss_kib(pid_t pid);
// The value of an argument "--id X" in a command, or "".
std::string argument_of(const std::string& command, const std::string& flag);

}  // namespace multiaz::cli
