#include "chaos/plan/problems.h"

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
  if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) return;
  const std::string near = nearest(key, allowed);
  std::string known;
  for (const std::string_view one : allowed) {
    known += (known.empty() ? "" : ", ") + std::string(one);
  }
  add(where + key, "there is no such key here" +
                       (near.empty() ? "." : "; did you mean \"" + near + "\"?") +
                       " The keys are: " + known);
}

}  // namespace multiaz::chaos
