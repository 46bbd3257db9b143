// PostgreSQL's binary formats that need more than a byte swap, and the text formats of both sides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz::dbnode {

// Big-endian integers. REQUIRES: bytes.size() == sizeof(T).
template <typename T>
T load_be(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return static_cast<T>(value);
}
template <typename T>
void append_be(std::string& out, T value) {
  const auto raw = static_cast<uint64_t>(value);
  for (int shift = (static_cast<int>(sizeof(T)) - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(raw >> shift));
  }
}

std::string float_text(double value);  // the shortest text that reads back the same; Infinity, NaN
Result<double> parse_float(std::string_view text);
Result<int64_t> parse_integer(std::string_view text);
Result<bool> parse_bool(std::string_view text);

std::string bytea_text(std::string_view bytes);          // \x0aff
Result<std::string> parse_bytea(std::string_view text);  // reads \x0aff, or the escape format

Result<std::string> numeric_from_binary(std::string_view bytes);  // "-12.50", "NaN"
Result<std::string> uuid_from_binary(std::string_view bytes);
// Formats microseconds since 2000-01-01 as "2026-11-20 23:48:26.000123", with "+00" for
// timestamptz.
std::string timestamp_text(int64_t micros_since_2000, bool with_zone);
std::string date_text(int32_t days_since_2000);

}  // namespace multiaz::dbnode
