#include "base/elb/numbers.h"

#include <charconv>

namespace multiaz::elb {

std::optional<uint64_t> whole_number(std::string_view text, uint64_t low, uint64_t high) {
  uint64_t out = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc() || read.ptr != end || out < low || out > high) return std::nullopt;
  return out;
}

std::optional<uint64_t> milliseconds_of(std::string_view seconds) {
  constexpr uint64_t kSecondsMax = 1'000'000'000;
  constexpr size_t kDecimalsMax = 3;
  const size_t point = seconds.find('.');
  const auto whole = whole_number(seconds.substr(0, point), 0, kSecondsMax);
  if (!whole) return std::nullopt;
  if (point == std::string_view::npos) return *whole * 1'000;
  std::string decimals(seconds.substr(point + 1));
  if (decimals.empty() || decimals.size() > kDecimalsMax) return std::nullopt;
  decimals.resize(kDecimalsMax, '0');
  const auto part = whole_number(decimals, 0, 999);
  if (!part) return std::nullopt;
  return *whole * 1'000 + *part;
}

std::string seconds_text(uint64_t milliseconds) {
  std::string out = std::to_string(milliseconds / 1'000);
  if (milliseconds % 1'000 == 0) return out;
  std::string decimals = std::to_string(milliseconds % 1'000 + 1'000).substr(1);
  while (decimals.back() == '0') decimals.pop_back();
  return out + "." + decimals;
}

}  // namespace multiaz::elb
