// Who listens where, as /proc shows it: sockets by address, and the processes that hold them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace multiaz::rt {

struct ListeningSocket {
  uint32_t ip = 0;  // host order; 0 = every address
  uint16_t port = 0;
  uint64_t inode = 0;
};
// TCP, version 4, and those of version 6 that serve version 4 as well.
std::vector<ListeningSocket> listening_sockets();
// The process has a descriptor of that socket. False also when we may not look.
bool holds_socket(pid_t pid, uint64_t inode);

}  // namespace multiaz::rt
