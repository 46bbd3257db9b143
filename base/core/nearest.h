// "did you mean ...?" for words of commands and keys of files.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace multiaz {

// The word of `known` that is spelled most like `word`; "" when none is near.
std::string nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace multiaz
