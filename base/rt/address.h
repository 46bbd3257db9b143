// IPv4 socket addresses as values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz::rt {

struct Address {
  uint32_t ip = 0;  // host byte order: 127.0.0.1 = 0x7f000001
  uint16_t port = 0;
  auto operator<=>(const Address&) const = default;
  std::string text() const;     // "127.20.1.61:6379"
  std::string ip_text() const;  // "127.20.1.61"
};

// "127.20.1.61:6379", or "127.20.1.61" with the given default port.
Result<Address> parse_address(std::string_view text, uint16_t port_default = 0);
Address make_address(uint32_t ip, uint16_t port);

}  // namespace multiaz::rt
