#include "dbnode/functions_text.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>
#include <vector>

namespace multiaz::dbnode {
namespace {

constexpr size_t kStepsBetweenLooks = 1 << 16;
constexpr size_t kFindsBetweenLooks = 1 << 12;

store::Connection& connection_of(sqlite3_context* call) {
  return *static_cast<store::Connection*>(sqlite3_user_data(call));
}

std::string_view text_of(sqlite3_value* value) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
  const auto size = static_cast<size_t>(sqlite3_value_bytes(value));
  return bytes ? std::string_view(bytes, size) : std::string_view();
}
bool is_null(sqlite3_value* value) {
  return sqlite3_value_type(value) == SQLITE_NULL;
}
bool is_blob(sqlite3_value* value) {
  return sqlite3_value_type(value) == SQLITE_BLOB;
}

// Bytes of the character at `at`, as SQLite steps over UTF-8, valid or not.
size_t character_bytes(std::string_view text, size_t at) {
  size_t end = at + 1;
  if (static_cast<uint8_t>(text[at]) < 0xc0) return 1;
  while (end < text.size() && (text[end] & 0xc0) == 0x80) end++;
  return end - at;
}
std::string_view character(std::string_view text, size_t at) {
  return text.substr(at, character_bytes(text, at));
}
char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// Characters compare like their bytes, because UTF-8 keeps the order of code points.
bool less_equal(std::string_view a, std::string_view b) {
  const int order = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return order < 0 || (order == 0 && a.size() <= b.size());
}

// The match of one element of a pattern with one character: how many bytes of the pattern it took.
struct Element {
  bool fits = false;
  bool any_sequence = false;
  size_t bytes = 0;
};

struct Like {
  std::string_view pattern, escape;
  Element at(size_t p, std::string_view c) const {
    const std::string_view mark = character(pattern, p);
    if (!escape.empty() && mark == escape) {
      if (p + mark.size() >= pattern.size()) return {false, false, mark.size()};
      const std::string_view literal = character(pattern, p + mark.size());
      return {same(literal, c), false, mark.size() + literal.size()};
    }
    if (mark == "%") return {false, true, 1};
    return {mark == "_" || same(mark, c), false, mark.size()};
  }
  static bool same(std::string_view a, std::string_view b) {
    if (a.size() == 1 && b.size() == 1) return to_lower(a[0]) == to_lower(b[0]);
    return a == b;
  }
};

struct Glob {
  std::string_view pattern;
  Element at(size_t p, std::string_view c) const {
    const std::string_view mark = character(pattern, p);
    if (mark == "*") return {false, true, 1};
    if (mark == "[") return set(p, c);
    return {mark == "?" || mark == c, false, mark.size()};
  }
  // Matches a set such as [abc], [a-z], [^a] or []a]; without its end it matches nothing.
  Element set(size_t p, std::string_view c) const {
    size_t i = p + 1;
    const auto next = [&] {
      const std::string_view out = i < pattern.size() ? character(pattern, i) : std::string_view();
      i += out.size();
      return out;
    };
    std::string_view mark = next();
    const bool inverted = mark == "^";
    if (inverted) mark = next();
    bool seen = false;
    if (mark == "]") {
      seen = c == "]";
      mark = next();
    }
    std::string_view prior;
    while (!mark.empty() && mark != "]") {
      const bool range = mark == "-" && i < pattern.size() && pattern[i] != ']' && !prior.empty();
      if (range) {
        mark = next();
        seen = seen || (less_equal(prior, c) && less_equal(c, mark));
        prior = std::string_view();
      } else {
        seen = seen || mark == c;
        prior = mark;
      }
      mark = next();
    }
    return {!mark.empty() && seen != inverted, false, i - p};
  }
};

// When nothing matches, the last "any sequence" takes one character more. Earlier ones never need
// to be tried again.
template <typename Pattern>
Match match(const Pattern& pattern, std::string_view text, const AskStop& stop) {
  const size_t size = pattern.pattern.size();
  size_t p = 0, t = 0, star = size + 1, from = 0;
  size_t steps = 0;
  while (t < text.size()) {
    const std::string_view c = character(text, t);
    const Element element = p < size ? pattern.at(p, c) : Element();
    steps += 1 + element.bytes;
    if (steps >= kStepsBetweenLooks) {
      steps = 0;
      if (stop()) return Match::kStopped;
    }
    if (element.any_sequence) {
      p += element.bytes;
      star = p;
      from = t;
      if (p == size) return Match::kYes;
    } else if (element.fits) {
      p += element.bytes;
      t += c.size();
    } else if (star <= size) {
      from += character_bytes(text, from);
      t = from;
      p = star;
    } else {
      return Match::kNo;
    }
  }
  while (p < size) {
    const Element element = pattern.at(p, "\x01");
    if (!element.any_sequence) return Match::kNo;
    p += element.bytes;
  }
  return Match::kYes;
}

void give_match(sqlite3_context* call, Match found) {
  if (found == Match::kStopped) return sqlite3_result_error_code(call, SQLITE_INTERRUPT);
  sqlite3_result_int(call, found == Match::kYes ? 1 : 0);
}

// Answers the cases that need no matching.
bool easy(sqlite3_context* call, sqlite3_value** arguments) {
  if (is_null(arguments[0]) || is_null(arguments[1])) return true;
  if (is_blob(arguments[0]) || is_blob(arguments[1])) {
    sqlite3_result_int(call, 0);
    return true;
  }
  const int bytes_max =
      sqlite3_limit(sqlite3_context_db_handle(call), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1);
  if (sqlite3_value_bytes(arguments[0]) <= bytes_max) return false;
  sqlite3_result_error(call, "LIKE or GLOB pattern too complex", -1);
  return true;
}

// Bytes behind a byte 0 do not belong to the pattern.
std::string_view until_zero(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

void sql_like(sqlite3_context* call, int count, sqlite3_value** arguments) {
  std::string_view escape;
  if (count == 3) {
    if (is_null(arguments[2])) return;
    escape = text_of(arguments[2]);
    if (escape.empty() || character_bytes(escape, 0) != escape.size()) {
      return sqlite3_result_error(call, "ESCAPE expression must be a single character", -1);
    }
  }
  if (easy(call, arguments)) return;
  store::Connection& connection = connection_of(call);
  give_match(call, match_like(until_zero(text_of(arguments[0])), until_zero(text_of(arguments[1])),
                              escape, [&connection] { return connection.stops_at_pause(); }));
}

void sql_glob(sqlite3_context* call, int, sqlite3_value** arguments) {
  if (easy(call, arguments)) return;
  store::Connection& connection = connection_of(call);
  give_match(call, match_glob(until_zero(text_of(arguments[0])), until_zero(text_of(arguments[1])),
                              [&connection] { return connection.stops_at_pause(); }));
}

// Finds one text in others in time that grows with the sum of their lengths, not with the product.
class Finder {
 public:
  explicit Finder(std::string_view what) : what_(what) {
    if (what.size() <= kShortBytes || what.size() > kTableBytes) return;
    fallback_.push_back(0);
    for (size_t i = 1; i < what.size(); i++) {
      size_t have = fallback_.back();
      while (have > 0 && what[i] != what[have]) have = fallback_[have - 1];
      fallback_.push_back(static_cast<uint32_t>(what[i] == what[have] ? have + 1 : 0));
    }
  }

  size_t in(std::string_view text, size_t from) const {
    if (what_.size() <= kShortBytes) return text.find(what_, from);
    if (what_.size() > kTableBytes) {  // so long a text has few places in which it can occur
      const void* at = memmem(text.data() + from, text.size() - from, what_.data(), what_.size());
      return at ? static_cast<size_t>(static_cast<const char*>(at) - text.data())
                : std::string_view::npos;
    }
    size_t have = 0;
    for (size_t i = from; i < text.size(); i++) {
      while (have > 0 && text[i] != what_[have]) have = fallback_[have - 1];
      if (text[i] == what_[have]) have++;
      if (have == what_.size()) return i + 1 - have;
    }
    return std::string_view::npos;
  }

 private:
  static constexpr size_t kShortBytes = 16;
  static constexpr size_t kTableBytes = 64 << 10;
  const std::string_view what_;
  // for each prefix, the length of its longest suffix that is also a prefix
  std::vector<uint32_t> fallback_;
};

void sql_replace(sqlite3_context* call, int, sqlite3_value** arguments) {
  if (is_null(arguments[0]) || is_null(arguments[1])) return;
  const std::string_view text = text_of(arguments[0]);
  const std::string_view what = text_of(arguments[1]);
  if (what.empty() || what[0] == '\0') return sqlite3_result_value(call, arguments[0]);
  if (is_null(arguments[2])) return;
  const std::string_view with = text_of(arguments[2]);
  const Finder finder(what);
  store::Connection& connection = connection_of(call);
  const auto stopped = [&connection](size_t count) {
    return count % kFindsBetweenLooks == 0 && connection.stops_at_pause();
  };
  size_t found = 0;
  for (size_t at = finder.in(text, 0); at != std::string_view::npos;
       at = finder.in(text, at + what.size())) {
    if (stopped(++found)) return sqlite3_result_error_code(call, SQLITE_INTERRUPT);
  }
  const size_t size = text.size() - found * what.size() + found * with.size();
  if (size > static_cast<size_t>(store::kValueBytesMax)) {
    return sqlite3_result_error_toobig(call);
  }
  auto* out = static_cast<char*>(sqlite3_malloc64(size + 1));
  if (!out) return sqlite3_result_error_nomem(call);
  char* end = out;
  const auto put = [&end](std::string_view piece) {
    if (!piece.empty()) std::memcpy(end, piece.data(), piece.size());
    end += piece.size();
  };
  size_t from = 0;
  for (size_t i = 0; i < found; i++) {
    if (stopped(i)) {
      sqlite3_free(out);
      return sqlite3_result_error_code(call, SQLITE_INTERRUPT);
    }
    const size_t at = finder.in(text, from);
    put(text.substr(from, at - from));
    put(with);
    from = at + what.size();
  }
  put(text.substr(from));
  sqlite3_result_text64(call, out, size, sqlite3_free, SQLITE_UTF8);
}

std::string_view bytes_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  const auto size = static_cast<size_t>(sqlite3_value_bytes(value));
  return bytes ? std::string_view(bytes, size) : std::string_view();
}

// The position counts from 1: in bytes for two blobs, in characters otherwise; 0 when not found.
void sql_instr(sqlite3_context* call, int, sqlite3_value** arguments) {
  if (is_null(arguments[0]) || is_null(arguments[1])) return;
  const bool blobs = is_blob(arguments[0]) && is_blob(arguments[1]);
  const std::string_view text = blobs ? bytes_of(arguments[0]) : text_of(arguments[0]);
  const std::string_view what = blobs ? bytes_of(arguments[1]) : text_of(arguments[1]);
  if (what.empty()) return sqlite3_result_int(call, 1);
  const size_t at = text.empty() ? std::string_view::npos : Finder(what).in(text, 0);
  if (at == std::string_view::npos) return sqlite3_result_int(call, 0);
  int64_t place = blobs ? static_cast<int64_t>(at) + 1 : 1;
  for (size_t i = 0; !blobs && i < at; i += character_bytes(text, i)) place++;
  sqlite3_result_int64(call, place);
}

// The characters to be trimmed; many of them are looked up in a table instead of compared in turn.
class Characters {
 public:
  explicit Characters(std::string_view text) {
    for (size_t at = 0; at < text.size(); at += character_bytes(text, at)) {
      const std::string_view one = character(text, at);
      if (one.size() == 1) {
        single_[static_cast<uint8_t>(one[0])] = true;
      } else {
        longer_.insert(one);
      }
    }
  }
  bool has(std::string_view one) const {
    return one.size() == 1 ? single_[static_cast<uint8_t>(one[0])] : longer_.count(one) > 0;
  }

 private:
  std::array<bool, 256> single_{};
  std::unordered_set<std::string_view> longer_;
};

void trim(sqlite3_context* call, sqlite3_value** arguments, bool left, bool right) {
  if (is_null(arguments[0]) || is_null(arguments[1])) return;
  std::string_view text = text_of(arguments[0]);
  const Characters off(text_of(arguments[1]));
  while (left && !text.empty() && off.has(character(text, 0))) {
    text.remove_prefix(character_bytes(text, 0));
  }
  while (right && !text.empty()) {
    size_t at = text.size() - 1;
    while (at > 0 && (text[at] & 0xc0) == 0x80) at--;
    if (!off.has(text.substr(at))) break;
    text.remove_suffix(text.size() - at);
  }
  sqlite3_result_text64(call, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}
void sql_trim(sqlite3_context* call, int, sqlite3_value** arguments) {
  trim(call, arguments, true, true);
}
void sql_ltrim(sqlite3_context* call, int, sqlite3_value** arguments) {
  trim(call, arguments, true, false);
}
void sql_rtrim(sqlite3_context* call, int, sqlite3_value** arguments) {
  trim(call, arguments, false, true);
}

struct Row {
  const char* name;
  int arguments;
  void (*run)(sqlite3_context*, int, sqlite3_value**);
};
constexpr Row kFunctions[] = {
    {"like", 2, sql_like},       {"like", 3, sql_like},   {"glob", 2, sql_glob},
    {"replace", 3, sql_replace}, {"instr", 2, sql_instr}, {"trim", 2, sql_trim},
    {"ltrim", 2, sql_ltrim},     {"rtrim", 2, sql_rtrim},
};

}  // namespace

Match match_like(std::string_view pattern, std::string_view text, std::string_view escape,
                 const AskStop& stop) {
  return match(Like{pattern, escape}, text, stop);
}

Match match_glob(std::string_view pattern, std::string_view text, const AskStop& stop) {
  return match(Glob{pattern}, text, stop);
}

Status add_text_functions(store::Connection& connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  for (const Row& row : kFunctions) {
    const int rc = sqlite3_create_function_v2(connection.raw(), row.name, row.arguments, kFlags,
                                              &connection, row.run, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return Error(Code::kInternal, sqlite3_errstr(rc));
  }
  return {};
}

}  // namespace multiaz::dbnode
