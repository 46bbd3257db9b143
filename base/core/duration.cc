#include "base/core/duration.h"

#include <cmath>
#include <cstdlib>
#include <string>

namespace multiaz {

std::optional<uint64_t> parse_duration_ms(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  const std::string_view unit(end);
  const double scale = unit == "ms"                  ? 1
                       : unit == "s" || unit.empty() ? 1000
                       : unit == "m"                 ? 60'000
                       : unit == "h"                 ? 3'600'000
                                                     : 0;
  if (end == copy.c_str() || scale == 0 || !std::isfinite(number) || number < 0)
    return std::nullopt;
  const double ms = number * scale;
  if (ms > 1e12) return std::nullopt;
  return static_cast<uint64_t>(std::llround(ms));
}

}  // namespace multiaz
