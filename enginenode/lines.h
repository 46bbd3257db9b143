// The words of the lines that members say to each other (link.h). Pure parsing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/ids.h"

namespace multiaz::enginenode {

std::vector<std::string> words_of(std::string_view line);

// "lease EPOCH N": who asks for one. Nothing = no such line.
struct LeaseAsked {
  Epoch epoch;
  std::string number;
};
std::optional<LeaseAsked> parse_lease(std::string_view line);

}  // namespace multiaz::enginenode
