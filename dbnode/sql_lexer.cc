#include "dbnode/sql_lexer.h"

#include <algorithm>

namespace multiaz::dbnode {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
         (c & 0x80) != 0;
}

size_t end_of_quoted(std::string_view sql, size_t at) {
  const char quote = sql[at] == '[' ? ']' : sql[at];
  for (size_t i = at + 1; i < sql.size(); i++) {
    if (sql[i] != quote) continue;
    if (quote == ']' || i + 1 >= sql.size() || sql[i + 1] != quote) return i + 1;
    i++;
  }
  return sql.size();
}

size_t end_of_comment(std::string_view sql, size_t at) {
  const size_t end = sql[at] == '-' ? sql.find('\n', at) : sql.find("*/", at + 2);
  if (end == std::string_view::npos) return sql.size();
  return end + (sql[at] == '-' ? 1 : 2);
}

bool starts_comment(std::string_view sql, size_t at) {
  return sql.substr(at, 2) == "--" || sql.substr(at, 2) == "/*";
}

template <typename Predicate>
size_t skip(std::string_view sql, size_t at, Predicate predicate) {
  while (at < sql.size() && predicate(sql[at])) at++;
  return at;
}

Token next_token(std::string_view sql, size_t at) {
  const auto token = [&](TokenKind kind, size_t end) {
    return Token{kind, sql.substr(at, end - at)};
  };
  const char c = sql[at];
  const char following = at + 1 < sql.size() ? sql[at + 1] : '\0';
  if (is_space(c)) return token(TokenKind::kBlank, skip(sql, at, is_space));
  if (starts_comment(sql, at)) return token(TokenKind::kBlank, end_of_comment(sql, at));
  if (c == '\'') return token(TokenKind::kString, end_of_quoted(sql, at));
  if (c == '"' || c == '`' || c == '[') return token(TokenKind::kQuoted, end_of_quoted(sql, at));
  if (c == '$' && is_digit(following)) {
    return token(TokenKind::kParameter, skip(sql, at + 1, is_digit));
  }
  if (is_digit(c) || (c == '.' && is_digit(following))) {
    const auto in_number = [](char x) { return is_word(x) || x == '.'; };
    return token(TokenKind::kNumber, skip(sql, at, in_number));
  }
  if (is_word(c)) return token(TokenKind::kWord, skip(sql, at, is_word));
  if (c == ':' && following == ':') return token(TokenKind::kSymbol, at + 2);
  return token(TokenKind::kSymbol, at + 1);
}

char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

std::vector<Token> tokenize(std::string_view sql) {
  std::vector<Token> out;
  for (size_t at = 0; at < sql.size(); at += out.back().text.size()) {
    out.push_back(next_token(sql, at));
  }
  return out;
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x) == to_lower(y);
         });
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_upper);
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

std::string unquote(const Token& token) {
  if (token.kind == TokenKind::kWord) return lower(token.text);
  if (token.kind != TokenKind::kQuoted && token.kind != TokenKind::kString) {
    return std::string(token.text);
  }
  const char quote = token.text.front() == '[' ? ']' : token.text.front();
  std::string out;
  for (size_t i = 1; i < token.text.size(); i++) {
    if (token.text[i] == quote) {
      if (i + 1 >= token.text.size() || token.text[i + 1] != quote) break;
      i++;
    }
    out.push_back(token.text[i]);
  }
  return out;
}

}  // namespace multiaz::dbnode
