// What a TOML file may not hold before the library reads it.
#pragma once

#include <string_view>

#include "base/core/result.h"

namespace multiaz {

// kInvalid with the line when a character beyond ASCII stands outside strings and comments, where
// TOML 1.0 has none: toml++ 3.3 does not define what it does with some of them (U+00A1 to U+0499).
Status check_toml_text(std::string_view text);

}  // namespace multiaz
