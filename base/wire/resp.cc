#include "base/wire/resp.h"

#include <algorithm>
#include <optional>

#include "base/wire/resp_number.h"

namespace multiaz::wire::resp {
namespace {

ProtocolError broken(std::string_view what) {
  return ProtocolError{"ERR Protocol error: " + std::string(what)};
}

// A line that ends with CRLF, from `at` on: its text, or why there is none.
struct Line {
  enum class State { kComplete, kPartial, kTooLong } state;
  std::string_view text;
};

// Looks for the line end from `searched` on and remembers how far it got.
Line find_line(std::string_view in, size_t at, size_t& searched) {
  const size_t lf = in.find('\n', std::max(at, searched));
  if (lf == std::string_view::npos) {
    searched = in.size();
    const bool too_long = in.size() - at > kInlineBytesMax;
    return {too_long ? Line::State::kTooLong : Line::State::kPartial, {}};
  }
  if (lf - at > kInlineBytesMax) return {Line::State::kTooLong, {}};
  return {Line::State::kComplete, in.substr(at, lf - at)};
}

// A header must end with CRLF. What remains may only be digits, so a stray CR is found there.
std::string_view without_cr(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::optional<int64_t> header_number(std::string_view line) {
  if (line.size() < 2 || line.back() != '\r') return std::nullopt;
  return parse_integer(line.substr(1, line.size() - 2));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// One character of a double-quoted word that begins with a backslash; moves `at` behind it.
char unescape(std::string_view line, size_t& at) {
  const char c = line[at + 1];
  if (c == 'x' && at + 3 < line.size() && hex_value(line[at + 2]) >= 0 &&
      hex_value(line[at + 3]) >= 0) {
    const int byte = hex_value(line[at + 2]) * 16 + hex_value(line[at + 3]);
    at += 4;
    return static_cast<char>(byte);
  }
  at += 2;
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return c;
  }
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

// The word at `at`, quoted or not; nullopt when its quotes are unbalanced.
std::optional<std::string> take_word(std::string_view line, size_t& at) {
  std::string word;
  char quote = 0;
  while (at < line.size()) {
    const char c = line[at];
    if (quote == 0 && is_space(c)) return word;
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      ++at;
    } else if (quote != 0 && c == quote) {
      ++at;
      if (at < line.size() && !is_space(line[at])) return std::nullopt;
      return word;
    } else if (quote == '"' && c == '\\' && at + 1 < line.size()) {
      word += unescape(line, at);
    } else if (quote == '\'' && c == '\\' && at + 1 < line.size() && line[at + 1] == '\'') {
      word += '\'';
      at += 2;
    } else {
      word += c;
      ++at;
    }
  }
  if (quote != 0) return std::nullopt;
  return word;
}

}  // namespace

CommandDecoder::Decoded CommandDecoder::decode(std::string_view in) {
  args_.clear();
  if (in.empty()) return NeedMore{};
  return in[0] == '*' ? decode_multibulk(in) : decode_inline(in);
}

CommandDecoder::Decoded CommandDecoder::decode_inline(std::string_view in) {
  const auto line = find_line(in, 0, searched_);
  if (line.state == Line::State::kTooLong) return broken("too big inline request");
  if (line.state == Line::State::kPartial) return NeedMore{};
  const auto text = without_cr(line.text);
  inline_args_.clear();
  for (size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    auto word = take_word(text, at);
    if (!word) return broken("unbalanced quotes in request");
    if (inline_args_.size() >= limits_.args) return broken("invalid multibulk length");
    inline_args_.push_back(std::move(*word));
  }
  args_.assign(inline_args_.begin(), inline_args_.end());
  searched_ = 0;
  return Command{args_, line.text.size() + 1};
}

CommandDecoder::Decoded CommandDecoder::decode_multibulk(std::string_view in) {
  if (args_left_ < 0) {
    const auto line = find_line(in, 0, searched_);
    if (line.state == Line::State::kTooLong) return broken("too big mbulk count string");
    if (line.state == Line::State::kPartial) return NeedMore{};
    const auto count = header_number(line.text);
    if (!count || *count > static_cast<int64_t>(limits_.args))
      return broken(limits_.args < kArgsMax ? "unauthenticated multibulk length"
                                            : "invalid multibulk length");
    at_ = line.text.size() + 1;
    args_left_ = std::max<int64_t>(*count, 0);
    found_.clear();
  }
  while (args_left_ > 0) {
    auto taken = take_bulk(in);
    if (auto* more = std::get_if<NeedMore>(&taken)) return *more;
    if (auto* error = std::get_if<ProtocolError>(&taken)) return *error;
    --args_left_;
  }
  return finish(in);
}

std::variant<std::monostate, NeedMore, ProtocolError> CommandDecoder::take_bulk(
    std::string_view in) {
  if (bulk_bytes_ < 0) {
    if (at_ >= in.size()) return NeedMore{};
    if (in[at_] != '$') {
      const char c = in[at_];
      const std::string got(1, is_space(c) ? ' ' : c);
      return broken("expected '$', got '" + got + "'");
    }
    const auto line = find_line(in, at_, searched_);
    if (line.state == Line::State::kTooLong) return broken("too big bulk count string");
    if (line.state == Line::State::kPartial) return NeedMore{};
    const auto bytes = header_number(line.text);
    if (!bytes || *bytes < 0 || *bytes > static_cast<int64_t>(limits_.bulk_bytes))
      return broken(limits_.bulk_bytes < kBulkBytesMax ? "unauthenticated bulk length"
                                                       : "invalid bulk length");
    at_ += line.text.size() + 1;
    bulk_bytes_ = *bytes;
    if (at_ + static_cast<size_t>(*bytes) > limits_.command_bytes)
      return broken("command is too large");
  }
  const auto bytes = static_cast<size_t>(bulk_bytes_);
  if (in.size() - at_ < bytes + 2) return NeedMore{at_ + bytes + 2 - in.size()};
  if (in[at_ + bytes] != '\r' || in[at_ + bytes + 1] != '\n')
    return broken("expected CRLF after bulk string");
  found_.emplace_back(at_, bytes);
  at_ += bytes + 2;
  bulk_bytes_ = -1;
  return std::monostate();
}

CommandDecoder::Decoded CommandDecoder::finish(std::string_view in) {
  args_.reserve(found_.size());
  for (const auto& [at, bytes] : found_) args_.push_back(in.substr(at, bytes));
  const size_t consumed = at_;
  at_ = searched_ = 0;
  args_left_ = bulk_bytes_ = -1;
  return Command{args_, consumed};
}

}  // namespace multiaz::wire::resp
