#include "clients/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <functional>

#include "base/rt/sync.h"

namespace multiaz::clients {

namespace {

uint32_t look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return 0;
  const uint32_t ip = ntohl(reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr.s_addr);
  freeaddrinfo(found);
  return ip;
}

bool is_loopback(rt::Address address) {
  return (address.ip >> 24) == 127;
}

}  // namespace

rt::Task<Result<rt::Address>> resolve(std::string host, uint16_t port) {
  const Result<rt::Address> numeric = rt::parse_address(host, port);
  if (numeric) co_return *numeric;
  uint32_t ip = 0;
  const std::function<void()> job = [&host, &ip] { ip = look_up(host); };
  co_await rt::offload(job);
  if (ip == 0) co_return Error(Code::kUnavailable, host + ": no such host");
  co_return rt::make_address(ip, port);
}

rt::Address source_for(rt::Address self, rt::Address to) {
  const bool ours = is_loopback(self) && is_loopback(to);
  return rt::make_address(ours ? self.ip : 0, 0);
}

}  // namespace multiaz::clients
