// Numbers of attributes as texts. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiaz::elb {

// "5", "0.2": seconds with up to three decimals, as milliseconds. nullopt for everything else.
std::optional<uint64_t> milliseconds_of(std::string_view seconds);
// The other way round: "0.2".
std::string seconds_text(uint64_t milliseconds);
// Decimal digits within the bounds. nullopt for everything else.
std::optional<uint64_t> whole_number(std::string_view text, uint64_t low, uint64_t high);

}  // namespace multiaz::elb
