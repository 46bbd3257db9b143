// Variable-length integers (LEB128) and length-prefixed bytes: the one encoding of compact
// hashes, records and snapshots.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiaz::cachenode {

inline void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

inline void put_bytes(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out.append(bytes);
}

// Takes an integer off the front of `in`; nullopt (and `in` unchanged) if it is cut off or
// malformed.
inline std::optional<uint64_t> take_varint(std::string_view& in) {
  if (!in.empty() && static_cast<uint8_t>(in[0]) < 0x80) {  // the usual case
    const auto value = static_cast<uint8_t>(in[0]);
    in.remove_prefix(1);
    return value;
  }
  uint64_t value = 0;
  for (size_t at = 0; at < in.size() && at < 10; ++at) {
    const auto byte = static_cast<uint8_t>(in[at]);
    if (at == 9 && byte > 1) return std::nullopt;
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * at);
    if (byte & 0x80) continue;
    in.remove_prefix(at + 1);
    return value;
  }
  return std::nullopt;
}

inline std::optional<std::string_view> take_bytes(std::string_view& in) {
  std::string_view rest = in;
  const std::optional<uint64_t> size = take_varint(rest);
  if (!size || *size > rest.size()) return std::nullopt;
  const std::string_view bytes = rest.substr(0, *size);
  in = rest.substr(*size);
  return bytes;
}

}  // namespace multiaz::cachenode
