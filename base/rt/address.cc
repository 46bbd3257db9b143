#include "base/rt/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace multiaz::rt {

std::string Address::ip_text() const {
  in_addr raw{};
  raw.s_addr = htonl(ip);
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &raw, text, sizeof text);
  return text;
}

std::string Address::text() const {
  return ip_text() + ":" + std::to_string(port);
}

Address make_address(uint32_t ip, uint16_t port) {
  Address out;
  out.ip = ip;
  out.port = port;
  return out;
}

Result<Address> parse_address(std::string_view text, uint16_t port_default) {
  const size_t colon = text.find(':');
  const std::string host(text.substr(0, colon));
  in_addr raw{};
  if (inet_pton(AF_INET, host.c_str(), &raw) != 1) {
    return Error(Code::kInvalid, "\"" + std::string(text) + "\" is not IPv4-ADDRESS[:PORT]");
  }
  uint16_t port = port_default;
  if (colon != std::string_view::npos) {
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (failure != std::errc() || end != digits.data() + digits.size()) {
      return Error(Code::kInvalid, "\"" + std::string(text) + "\": the port must be 0 to 65535");
    }
  }
  return make_address(ntohl(raw.s_addr), port);
}

}  // namespace multiaz::rt
