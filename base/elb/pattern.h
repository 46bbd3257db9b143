// The patterns of rules: '*' stands for any number of characters, '?' for exactly one. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace multiaz::elb {

enum class Case { kSensitive, kInsensitive };
// Whether a '\' before '*' and '?' makes them ordinary characters, as in query-string values.
enum class Escape { kNone, kBackslash };

// Time: at most the product of both lengths, whatever the pattern.
bool matches(std::string_view pattern, std::string_view text, Case letters,
             Escape escape = Escape::kNone);
size_t wildcards_in(std::string_view pattern, Escape escape = Escape::kNone);

}  // namespace multiaz::elb
