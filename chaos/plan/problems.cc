#include "chaos/plan/problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/core/nearest.h"

namespace multiaz::chaos {

void Problems::add(const std::string& where, const std::string& what) {
  if (++count_ > kProblemsMax + 1) return;
  text_ += text_.empty() ? "" : "\n";
  text_ += count_ > kProblemsMax ? "..., and there are more" : where + ": " + what;
}

void Problems::check_key(const std::string& where, const std::string& key,
                         std::span<const std::string_view> allowed) {
  if (std::ranges::find(allowed, key) != allowed.end()) return;
  const std::string near = nearest(key, allowed);
  add(where + key, fmt::format("there is no such key here{} The keys are: {}",
                               near.empty() ? "." : "; did you mean \"" + near + "\"?",
                               fmt::join(allowed, ", ")));
}

}  // namespace multiaz::chaos
