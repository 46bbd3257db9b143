#include "base/rt/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

namespace multiaz::rt {

ProcessNode process_node(pid_t pid) {
  char path[64], line[512];
  std::snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t got = read(fd, line, sizeof line - 1);
  close(fd);
  if (got <= 0) return {};
  line[got] = 0;
  const char* paren = std::strrchr(line, ')');  // the name may contain spaces and parentheses
  ProcessNode node;
  if (!paren || std::sscanf(paren + 1, " %c %d %d", &node.state, &node.parent, &node.group) != 3) {
    return {};
  }
  if (node.state == 'Z' || node.state == 'X') return {};
  node.pid = pid;
  return node;
}

namespace {

std::vector<ProcessNode> all_processes() {
  std::vector<ProcessNode> out;
  DIR* folder = opendir("/proc");
  if (!folder) return out;
  while (const dirent* entry = readdir(folder)) {
    const int pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    const ProcessNode node = process_node(pid);
    if (node.pid != 0) out.push_back(node);
  }
  closedir(folder);
  return out;
}

}  // namespace

std::vector<ProcessNode> processes_below(pid_t root) {
  return processes_below(root, all_processes());
}

std::vector<ProcessNode> processes_below(pid_t root, const std::vector<ProcessNode>& all) {
  std::unordered_multimap<pid_t, const ProcessNode*> by_parent;
  for (const ProcessNode& node : all) by_parent.emplace(node.parent, &node);
  std::vector<ProcessNode> out;
  std::vector<pid_t> to_look_at = {root};
  while (!to_look_at.empty()) {
    const auto [first, last] = by_parent.equal_range(to_look_at.back());
    to_look_at.pop_back();
    for (auto it = first; it != last; ++it) {
      out.push_back(*it->second);
      to_look_at.push_back(it->second->pid);
    }
  }
  return out;
}

std::vector<ProcessNode> children_of(pid_t parent) {
  std::vector<ProcessNode> all = all_processes();
  std::erase_if(all, [parent](const ProcessNode& node) { return node.parent != parent; });
  return all;
}

}  // namespace multiaz::rt
