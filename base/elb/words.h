// Words for the messages about a document. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace multiaz::elb {

// "a, b, c": a text of each item.
template <typename Items, typename Text = std::identity>
std::string list_of(const Items& items, Text text = {}) {
  std::string out;
  for (const auto& item : items) {
    out += (out.empty() ? "" : ", ") + std::string(std::invoke(text, item));
  }
  return out;
}

}  // namespace multiaz::elb
