// Processes and what they have started, as /proc shows them.
#pragma once

#include <sys/types.h>

#include <vector>

namespace multiaz::rt {

struct ProcessNode {
  pid_t pid = 0, parent = 0, group = 0;
  char state = 0;  // 'R','S','T',...
  [[nodiscard]] bool stopped() const { return state == 'T' || state == 't'; }
};

// One process; pid 0 when it does not exist. A zombie counts as gone.
ProcessNode process_node(pid_t pid);
// All processes below `root`, without itself and without zombies. A process that lived during the
// whole call is in the list; one that began meanwhile may be missing, so callers ask again until no
// new one comes.
std::vector<ProcessNode> processes_below(pid_t root);
// The same from a list that was read before.
std::vector<ProcessNode> processes_below(pid_t root, const std::vector<ProcessNode>& all);
// The children alone, zombies left out.
std::vector<ProcessNode> children_of(pid_t parent);

}  // namespace multiaz::rt
