// SQL text as tokens, cut where SQLite's own tokenizer cuts, at every byte, so that both agree on
// statements and words. The one difference is `::`, which the translation removes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace multiaz::dbnode {

enum class TokenKind {
  kBlank,   // white space, a byte-order mark, or a comment
  kWord,    // keyword or bare identifier
  kQuoted,  // "identifier"
  kString,  // 'text'
  kBlob,    // x'00ff'
  kNumber,
  kParameter,  // $1, and SQLite's ?1, :name, @name
  kSymbol,     // an operator, ::, or a byte that begins no token
};

struct Token {
  TokenKind kind;
  std::string_view text;  // a view into the SQL text
};

// The token that begins at `at`. REQUIRES: at < sql.size().
Token next_token(std::string_view sql, size_t at);
// Never fails: an unterminated string or comment reaches to the end, and SQLite reports it.
std::vector<Token> tokenize(std::string_view sql);

// Compares ASCII letters without case, as SQL does.
bool same_word(std::string_view a, std::string_view b);
std::string upper(std::string_view text);
std::string lower(std::string_view text);
// The contents of a quoted token, with doubled quotes halved; a word in lower case, as PostgreSQL
// folds it.
std::string unquote(const Token& token);

}  // namespace multiaz::dbnode
