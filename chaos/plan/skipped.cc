#include "chaos/plan/skipped.h"

#include <algorithm>
#include <string_view>

namespace multiaz::chaos {

namespace {

constexpr std::string_view kSkippedMark = "; skipped ";

}  // namespace

void note_skipped(Scenario& scenario, const std::string& action_and_reason) {
  scenario.about += std::string(kSkippedMark) + action_and_reason;
}

std::vector<std::string> skipped_of(const Scenario& scenario) {
  std::vector<std::string> out;
  const std::string& about = scenario.about;
  for (size_t from = about.find(kSkippedMark); from < about.size();) {
    from += kSkippedMark.size();
    const size_t end = std::min(about.find(kSkippedMark, from), about.size());
    out.push_back(about.substr(from, end - from));
    from = end;
  }
  return out;
}

}  // namespace multiaz::chaos
