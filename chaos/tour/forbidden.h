// The paths that security groups forbid, tried for real: a connection from one machine's address to
// another's port, and the rule that decided. One that must be open is among them, so that "closed"
// means something.
#pragma once

#include <string>
#include <vector>

#include "base/rt/task.h"
#include "chaos/cluster.h"

namespace multiaz::chaos {

struct TriedPath {
  std::string from, to;  // "internet" or an instance; "db-a1:5432"
  bool may = false;      // what the rules say
  bool open = false;     // what a connection found
  std::string because;
};

rt::Task<std::vector<TriedPath>> try_paths(Cluster& cluster);

}  // namespace multiaz::chaos
