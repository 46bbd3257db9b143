// Which processes listen on which addresses, as /proc shows it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace multiaz::rt {

struct ListeningSocket {
  uint32_t ip = 0;  // host order; 0 stands for every address
  uint16_t port = 0;
  uint64_t inode = 0;
};
// All TCP sockets that listen on IPv4, including those of IPv6 that also serve IPv4.
std::vector<ListeningSocket> listening_sockets();
// Whether the process has a descriptor of that socket. Also false when /proc may not be read.
bool holds_socket(pid_t pid, uint64_t inode);

}  // namespace multiaz::rt
