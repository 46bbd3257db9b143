#include "base/core/printable.h"

#include <cstdint>

namespace multiaz {

namespace {

uint8_t byte_at(std::string_view text, size_t at) {
  return static_cast<uint8_t>(text[at]);
}

// The length in bytes of the character at `at`; 0 when it is a control character or not UTF-8 (RFC
// 3629: no overlong form, no surrogate, nothing above U+10FFFF).
size_t printable_bytes(std::string_view text, size_t at) {
  const uint8_t first = byte_at(text, at);
  if (first < 0x80) return first < 0x20 || first == 0x7f ? 0 : 1;
  const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() - at < bytes) return 0;
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte_at(text, at + i) & 0xc0) != 0x80) return 0;
  }
  const uint8_t second = byte_at(text, at + 1);
  const bool control = first == 0xc2 && second < 0xa0;
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool beyond = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
  return control || overlong || beyond ? 0 : bytes;
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = printable_bytes(text, at);
    if (bytes > 0) {
      out += text.substr(at, bytes);
      at += bytes;
      continue;
    }
    const uint8_t byte = byte_at(text, at++);
    out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

std::string printable(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return printable(text);
  // The cut must not fall inside a character.
  size_t end = bytes_max;
  while (end > 0 && bytes_max - end < 3 && (byte_at(text, end) & 0xc0) == 0x80) --end;
  return printable(text.substr(0, end)) + "...";
}

}  // namespace multiaz
