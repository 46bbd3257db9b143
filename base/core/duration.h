// Durations as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace multiaz {

// "500ms", "5s", "2m", "1.5s" in milliseconds; a bare number counts seconds. Nothing = not one.
std::optional<uint64_t> parse_duration_ms(std::string_view text);

}  // namespace multiaz
