#include "base/core/toml_text.h"

#include <algorithm>
#include <string>

namespace multiaz {

namespace {

// Where the string that begins at `at` ends; one that is never closed ends with its line, or with
// the text when it may have several lines.
size_t end_of_string(std::string_view text, size_t at) {
  const char quote = text[at];
  const std::string thrice(3, quote);
  const bool many_lines = text.substr(at, 3) == thrice;
  for (size_t i = at + (many_lines ? 3 : 1); i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (many_lines ? text.substr(i, 3) == thrice : text[i] == quote) {
      return i + (many_lines ? 3 : 1);
    } else if (!many_lines && text[i] == '\n') {
      return i;
    }
  }
  return text.size();
}

}  // namespace

Status check_toml_text(std::string_view text) {
  size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = end_of_string(text, at);
    } else if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(at), '\n');
      return Error(Code::kInvalid, "line " + std::to_string(line) +
                                       ": outside quotes and comments TOML has only ASCII");
    } else {
      ++at;
    }
  }
  return Status();
}

}  // namespace multiaz
