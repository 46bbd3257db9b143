#include "enginenode/lines.h"

#include <algorithm>
#include <charconv>

namespace multiaz::enginenode {

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> out;
  while (!line.empty()) {
    const size_t end = std::min(line.find(' '), line.size());
    if (end > 0) out.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

std::optional<LeaseAsked> parse_lease(std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  if (words.size() != 3 || words[0] != "lease") return std::nullopt;
  uint64_t epoch = 0;
  const char* const end = words[1].data() + words[1].size();
  const auto parsed = std::from_chars(words[1].data(), end, epoch);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return LeaseAsked{Epoch(epoch), words[2]};
}

}  // namespace multiaz::enginenode
