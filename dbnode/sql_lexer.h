// SQL text as tokens; enough to tell statements apart and to translate a few PostgreSQL spellings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace multiaz::dbnode {

enum class TokenKind {
  kBlank,   // white space or a comment
  kWord,    // keyword or bare identifier
  kQuoted,  // "identifier"
  kString,  // 'text'
  kNumber,
  kParameter,  // $1
  kSymbol,     // one character, or ::
};

struct Token {
  TokenKind kind;
  std::string_view text;  // into the SQL text
};

// Never fails: an unterminated string or comment reaches to the end, SQLite will say so.
std::vector<Token> tokenize(std::string_view sql);

// ASCII only, as in SQL.
bool same_word(std::string_view a, std::string_view b);
std::string upper(std::string_view text);
std::string lower(std::string_view text);
// Contents of a quoted token, doubled quotes halved; words in lower case, as PostgreSQL folds them.
std::string unquote(const Token& token);

}  // namespace multiaz::dbnode
