#include "dbnode/sql_lexer.h"

#include <algorithm>

namespace multiaz::dbnode {
namespace {

// The five bytes that begin white space for SQLite; a vertical tab can only continue it.
bool begins_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
         (c & 0x80) != 0;
}

char byte_at(std::string_view sql, size_t at) {
  return at < sql.size() ? sql[at] : '\0';
}

template <typename Predicate>
size_t skip(std::string_view sql, size_t at, Predicate predicate) {
  while (at < sql.size() && predicate(sql[at])) at++;
  return at;
}

size_t end_of_quoted(std::string_view sql, size_t at) {
  const char quote = sql[at] == '[' ? ']' : sql[at];
  for (size_t i = at + 1; i < sql.size(); i++) {
    if (sql[i] != quote) continue;
    if (quote == ']' || byte_at(sql, i + 1) != quote) return i + 1;
    i++;
  }
  return sql.size();
}

// The end of the line does not belong to the comment, as in SQLite.
size_t end_of_comment(std::string_view sql, size_t at) {
  const size_t end = sql[at] == '-' ? sql.find('\n', at) : sql.find("*/", at + 2);
  if (end == std::string_view::npos) return sql.size();
  return end + (sql[at] == '-' ? 0 : 2);
}

// A "/*" at the very end of the text is a division and a star.
bool starts_comment(std::string_view sql, size_t at) {
  return sql.substr(at, 2) == "--" || (sql.substr(at, 2) == "/*" && at + 2 < sql.size());
}

size_t end_of_blob(std::string_view sql, size_t at) {
  const size_t end = sql.find('\'', at + 2);
  return end == std::string_view::npos ? sql.size() : end + 1;
}

size_t end_of_number(std::string_view sql, size_t at) {
  const char mark = byte_at(sql, at + 1);
  if (sql[at] == '0' && (mark == 'x' || mark == 'X') && is_hex(byte_at(sql, at + 2))) {
    return skip(sql, at + 3, is_hex);
  }
  size_t i = skip(sql, at, is_digit);
  if (byte_at(sql, i) == '.') i = skip(sql, i + 1, is_digit);
  if (byte_at(sql, i) == 'e' || byte_at(sql, i) == 'E') {
    const char sign = byte_at(sql, i + 1);
    if (is_digit(sign)) {
      i = skip(sql, i + 2, is_digit);
    } else if ((sign == '+' || sign == '-') && is_digit(byte_at(sql, i + 2))) {
      i = skip(sql, i + 3, is_digit);
    }
  }
  return skip(sql, i, is_word);  // "12ab" is one token, and an invalid one
}

// $1, :name, @name, #name. SQLite also takes a tail in parentheses: $name(anything). A `::` ends
// the token here, where SQLite would go on, because it is a cast, which SQLite never gets.
size_t end_of_parameter(std::string_view sql, size_t at) {
  const size_t end = skip(sql, at + 1, is_word);
  if (end == at + 1 || byte_at(sql, end) != '(') return end;
  const size_t close = skip(sql, end + 1, [](char c) { return c != ')' && !is_space(c); });
  return byte_at(sql, close) == ')' ? close + 1 : close;
}

size_t end_of_symbol(std::string_view sql, size_t at) {
  static constexpr std::string_view kSymbols[] = {"->>", "->", "==", "<=", "<>", "<<",
                                                  ">=",  ">>", "!=", "||", "::"};
  for (const std::string_view symbol : kSymbols) {
    if (sql.substr(at, symbol.size()) == symbol) return at + symbol.size();
  }
  return at + 1;
}

char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

Token next_token(std::string_view sql, size_t at) {
  const auto token = [&](TokenKind kind, size_t end) {
    return Token{kind, sql.substr(at, end - at)};
  };
  const char c = sql[at];
  const char following = byte_at(sql, at + 1);
  if (begins_space(c)) return token(TokenKind::kBlank, skip(sql, at, is_space));
  if (sql.substr(at, 3) == "\xef\xbb\xbf") return token(TokenKind::kBlank, at + 3);
  if (starts_comment(sql, at)) return token(TokenKind::kBlank, end_of_comment(sql, at));
  if (c == '\'') return token(TokenKind::kString, end_of_quoted(sql, at));
  if (c == '"' || c == '`' || c == '[') return token(TokenKind::kQuoted, end_of_quoted(sql, at));
  if ((c == 'x' || c == 'X') && following == '\'') {
    return token(TokenKind::kBlob, end_of_blob(sql, at));
  }
  if (is_digit(c) || (c == '.' && is_digit(following))) {
    return token(TokenKind::kNumber, end_of_number(sql, at));
  }
  if (c == '?') return token(TokenKind::kParameter, skip(sql, at + 1, is_digit));
  if (c == '$' || c == '@' || c == '#' || (c == ':' && following != ':')) {
    return token(TokenKind::kParameter, end_of_parameter(sql, at));
  }
  if (is_word(c)) return token(TokenKind::kWord, skip(sql, at, is_word));
  return token(TokenKind::kSymbol, end_of_symbol(sql, at));
}

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
