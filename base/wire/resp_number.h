// Numbers as RESP writes them.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiaz::wire::resp {

// Reads integers as Redis does: no plus sign, no leading zeros, no spaces, no "-0".
inline std::optional<int64_t> parse_integer(std::string_view text) {
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  const bool leading_zero = digits.starts_with('0') && (digits.size() > 1 || text != digits);
  if (digits.empty() || leading_zero) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The shortest text that reads back as the same double; "inf", "-inf", "nan".
inline std::string format_double(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  return std::string(digits, end);
}

}  // namespace multiaz::wire::resp
