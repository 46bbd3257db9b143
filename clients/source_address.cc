#include "clients/source_address.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace multiaz::clients {

namespace {

uint32_t g_source = 0;

bool is_loopback(const sockaddr_in& address) {
  return (ntohl(address.sin_addr.s_addr) >> 24) == 127;
}

bool is_unbound(int fd) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  return getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
         own.sin_family == AF_INET && own.sin_addr.s_addr == 0 && own.sin_port == 0;
}

// The connect goes on even when the bind fails: the other end then decides.
void bind_source(int fd) {
  // the port is chosen at connect, so there are as many ports as without a bind
  const int late = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(g_source);
  (void)bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own);
}

}  // namespace

void connect_from(uint32_t ip) {
  g_source = ip;
}

}  // namespace multiaz::clients

// Replaces connect() of libc for this program and the libraries that it uses.
extern "C" int connect(int fd, const sockaddr* to, socklen_t size) {
  using namespace multiaz::clients;
  if (g_source != 0 && to != nullptr && to->sa_family == AF_INET && size >= sizeof(sockaddr_in) &&
      is_loopback(*reinterpret_cast<const sockaddr_in*>(to)) && is_unbound(fd)) {
    bind_source(fd);
  }
  return static_cast<int>(syscall(SYS_connect, fd, to, size));
}
