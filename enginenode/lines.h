// Parses the lines that members send to each other (link.h). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/ids.h"

namespace multiaz::enginenode {

std::vector<std::string> words_of(std::string_view line);

// A request "lease EPOCH N" of a primary. Nothing: the line is not such a request.
struct LeaseAsked {
  Epoch epoch;
  std::string number;
};
std::optional<LeaseAsked> parse_lease(std::string_view line);

}  // namespace multiaz::enginenode
