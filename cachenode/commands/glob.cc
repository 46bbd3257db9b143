// Redis's glob patterns. Only the last star is remembered, so the work is at most pattern length
// times text length, and no pattern can make it grow further.
#include <algorithm>

#include "cachenode/commands/call.h"

namespace multiaz::cachenode {

namespace {

// Matches the class that begins at pattern[at] == '[' and moves `at` behind it. An unclosed class
// ends with the pattern, as in Redis.
bool class_matches(std::string_view pattern, size_t& at, char c) {
  ++at;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      found |= pattern[at + 1] == c;
      at += 2;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      const char low = std::min(pattern[at], pattern[at + 2]);
      const char high = std::max(pattern[at], pattern[at + 2]);
      found |= c >= low && c <= high;
      at += 3;
    } else {
      found |= pattern[at++] == c;
    }
  }
  if (at < pattern.size()) ++at;  // the ']'
  return found != negated;
}

// Matches one character of text against the element at pattern[at]; moves `at` behind it.
bool one_matches(std::string_view pattern, size_t& at, char c) {
  switch (pattern[at]) {
    case '?': ++at; return true;
    case '[': return class_matches(pattern, at, c);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default: return pattern[at++] == c;
  }
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  constexpr size_t kNone = std::string_view::npos;
  size_t at = 0, star = kNone, star_text = 0, i = 0;
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      star_text = i;
      continue;
    }
    size_t ahead = at;
    if (at < pattern.size() && one_matches(pattern, ahead, text[i])) {
      at = ahead;
      ++i;
    } else if (star != kNone) {
      at = star;
      i = ++star_text;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace multiaz::cachenode
