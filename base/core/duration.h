// Durations as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace multiaz {

// Milliseconds of "500ms", "5s", "2m", "1.5s"; a bare number counts seconds. nullopt when the text
// is no duration.
std::optional<uint64_t> parse_duration_ms(std::string_view text);

}  // namespace multiaz
