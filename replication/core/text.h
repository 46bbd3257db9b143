// Small helpers for the texts of this folder; only its own files use them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "replication/core/types.h"

namespace multiaz::replication {

// "a,b" gives a and b; an empty text gives nothing.
std::vector<std::string_view> split(std::string_view text, char separator);
std::optional<uint64_t> number_from(std::string_view text);

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace multiaz::replication
