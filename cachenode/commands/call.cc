#include "cachenode/commands/call.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace multiaz::cachenode {

namespace {

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr size_t kFloatBytesMax = 256;

}  // namespace

bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (to_lower(text[i]) != to_lower(word[i])) return false;
  }
  return true;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

std::optional<int64_t> parse_integer(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits[0] == '0' && text.size() > 1)) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<long double> parse_float(std::string_view text) {
  if (text.empty() || text.size() > kFloatBytesMax || std::isspace(static_cast<uint8_t>(text[0]))) {
    return std::nullopt;
  }
  const std::string terminated(text);
  char* end = nullptr;
  const long double value = std::strtold(terminated.c_str(), &end);
  if (end != terminated.c_str() + terminated.size() || std::isnan(value)) return std::nullopt;
  if (value == HUGE_VALL && lower(text).find("inf") == std::string::npos) return std::nullopt;
  return value;
}

std::string format_float(long double value) {
  char digits[5120];  // the largest long double has 4,933 digits before the point
  const int written = std::snprintf(digits, sizeof digits, "%.17Lf", value);
  std::string out(digits, static_cast<size_t>(written));
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out == "-0" ? "0" : out;
}

std::optional<int64_t> integer_arg(Call& call, std::string_view text) {
  const std::optional<int64_t> value = parse_integer(text);
  if (!value) call.reply.error(errors::kNotInteger);
  return value;
}

std::optional<long double> float_arg(Call& call, std::string_view text) {
  const std::optional<long double> value = parse_float(text);
  if (!value) call.reply.error(errors::kNotFloat);
  return value;
}

namespace {

const Entry* look_up(Call& call, std::string_view key) {
  const Entry* entry = call.db.find(key);
  if (!call.command.is(kWrite)) {
    ++(entry ? call.host.stats().keyspace_hits : call.host.stats().keyspace_misses);
  }
  return entry;
}

}  // namespace

bool find_text(Call& call, std::string_view key, const std::string*& text) {
  const Entry* entry = look_up(call, key);
  text = entry ? entry->text() : nullptr;
  if (entry && !text) call.reply.error(errors::kWrongType);
  return !entry || text;
}

bool find_hash(Call& call, std::string_view key, const HashValue*& hash) {
  const Entry* entry = look_up(call, key);
  hash = entry ? entry->hash() : nullptr;
  if (entry && !hash) call.reply.error(errors::kWrongType);
  return !entry || hash;
}

bool wrong_arity(Call& call) {
  call.reply.error("ERR wrong number of arguments for '" + std::string(call.command.name) +
                   "' command");
  return false;
}

std::optional<int64_t> expiry_arg(Call& call, std::string_view text, int64_t unit_ms, bool relative,
                                  bool any_sign) {
  const std::optional<int64_t> given = integer_arg(call, text);
  if (!given) return std::nullopt;
  int64_t when = 0;
  const bool overflows = __builtin_mul_overflow(*given, unit_ms, &when) ||
                         (relative && __builtin_add_overflow(when, call.db.now_ms(), &when));
  if (overflows || (!any_sign && *given <= 0)) {
    call.reply.error("ERR invalid expire time in '" + std::string(call.command.name) + "' command");
    return std::nullopt;
  }
  return when;
}

}  // namespace multiaz::cachenode
