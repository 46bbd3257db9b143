// SHA-256, HMAC-SHA-256 (RFC 2104) and hex, over libsodium.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace multiaz::wire {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view text);
Sha256 hmac_sha256(std::string_view key, std::string_view text);

inline std::string_view bytes_of(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// Lower-case hex, two digits a byte.
std::string to_hex(std::string_view bytes);

}  // namespace multiaz::wire
