#include "dbnode/statement.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {
namespace {

using Tokens = std::vector<Token>;

constexpr size_t kCastPieceBytes = 32;  // the cost of moving one piece, as bytes of text

bool is_word(const Token& token, std::string_view word) {
  return token.kind == TokenKind::kWord && same_word(token.text, word);
}
bool is_symbol(const Token& token, std::string_view symbol) {
  return token.kind == TokenKind::kSymbol && token.text == symbol;
}
template <size_t N>
bool is_one_of(const Token& token, const std::array<std::string_view, N>& words) {
  for (std::string_view word : words) {
    if (is_word(token, word)) return true;
  }
  return false;
}

// The next tokens from `at` on that are not blank, at most `count` of them.
std::vector<size_t> significant(const Tokens& tokens, size_t count) {
  std::vector<size_t> out;
  for (size_t i = 0; i < tokens.size() && out.size() < count; i++) {
    if (tokens[i].kind != TokenKind::kBlank) out.push_back(i);
  }
  return out;
}

bool creates_trigger(const Tokens& tokens) {
  const std::vector<size_t> head = significant(tokens, 3);
  if (head.size() < 2 || !is_word(tokens[head[0]], "CREATE")) return false;
  for (size_t i = 1; i < head.size(); i++) {
    if (is_word(tokens[head[i]], "TRIGGER")) return true;
  }
  return false;
}

// The verb of WITH a AS (...), b AS (...) INSERT ...: the first one outside of parentheses.
std::string main_verb(const Tokens& tokens) {
  static constexpr std::array<std::string_view, 6> kVerbs = {"SELECT", "INSERT",  "UPDATE",
                                                             "DELETE", "REPLACE", "VALUES"};
  int depth = 0;
  for (const Token& token : tokens) {
    if (is_symbol(token, "(")) depth++;
    if (is_symbol(token, ")")) depth--;
    if (depth == 0 && is_one_of(token, kVerbs)) return upper(token.text);
  }
  return "SELECT";
}

// "CREATE TABLE", whatever words stand in between: TEMP, UNIQUE, VIRTUAL, OR REPLACE.
std::string object_tag(const std::string& verb, const Tokens& tokens) {
  static constexpr std::array<std::string_view, 4> kObjects = {"TABLE", "INDEX", "VIEW", "TRIGGER"};
  for (size_t i : significant(tokens, 4)) {
    if (is_one_of(tokens[i], kObjects)) return verb + " " + upper(tokens[i].text);
  }
  return verb;
}

void describe(Statement& out, const Tokens& tokens) {
  const std::string& verb = out.verb;
  if (verb == "INSERT" || verb == "REPLACE") {
    out.tag = "INSERT 0";
  } else if (verb == "VALUES") {
    out.tag = "SELECT";
  } else if (verb == "CREATE" || verb == "DROP" || verb == "ALTER") {
    out.tag = object_tag(verb, tokens);
  } else {
    out.tag = verb;
  }
  out.counts = out.tag == "INSERT 0" || out.tag == "SELECT" || verb == "UPDATE" || verb == "DELETE";
}

// Removes FOR UPDATE [OF t] [NOWAIT | SKIP LOCKED] at the end of a SELECT.
bool cut_for_update(Tokens& tokens) {
  static constexpr std::array<std::string_view, 2> kModes = {"UPDATE", "SHARE"};
  int depth = 0;
  for (size_t i = 0; i < tokens.size(); i++) {
    if (is_symbol(tokens[i], "(")) depth++;
    if (is_symbol(tokens[i], ")")) depth--;
    if (depth != 0 || !is_word(tokens[i], "FOR")) continue;
    for (size_t next = i + 1; next < tokens.size(); next++) {
      if (tokens[next].kind == TokenKind::kBlank || is_word(tokens[next], "NO") ||
          is_word(tokens[next], "KEY")) {
        continue;
      }
      if (!is_one_of(tokens[next], kModes)) break;
      tokens.resize(i);
      return true;
    }
  }
  return false;
}

// SQLite's name for the target type of a cast; "" when the cast is to be left out.
std::string cast_target(std::string_view type) {
  struct Row {
    std::string_view type, target;
  };
  static constexpr Row kRows[] = {
      {"int", "INTEGER"},      {"int2", "INTEGER"},    {"int4", "INTEGER"},
      {"int8", "INTEGER"},     {"integer", "INTEGER"}, {"bigint", "INTEGER"},
      {"smallint", "INTEGER"}, {"text", "TEXT"},       {"varchar", "TEXT"},
      {"char", "TEXT"},        {"float8", "REAL"},     {"float4", "REAL"},
      {"real", "REAL"},        {"double", "REAL"},     {"bytea", "BLOB"},
      {"numeric", "NUMERIC"}};
  for (const Row& row : kRows) {
    if (same_word(row.type, type)) return std::string(row.target);
  }
  return "";
}

// Rewrites the tokens of one statement into SQLite's dialect.
class Translation {
 public:
  explicit Translation(const Tokens& tokens, bool creates_table)
      : tokens_(tokens), creates_table_(creates_table) {}

  std::string run() {
    for (at_ = 0; at_ < tokens_.size(); at_++) translate(tokens_[at_]);
    std::string out;
    for (const std::string& piece : pieces_) out += piece;
    return out;
  }
  bool changed() const { return changed_; }
  bool too_many_casts() const { return copied_ > kCastBytesMax; }

 private:
  void replace(std::string text) {
    pieces_.push_back(std::move(text));
    changed_ = true;
  }

  void translate(const Token& token) {
    static constexpr std::array<std::string_view, 4> kBareFunctions = {
        "current_user", "session_user", "current_role", "current_catalog"};
    static constexpr std::array<std::string_view, 3> kSerials = {"SERIAL", "BIGSERIAL",
                                                                 "SMALLSERIAL"};
    if (is_symbol(token, "::")) return cast();
    // pg_catalog.version() loses its schema, because SQLite has no schemas of functions.
    if (is_word(token, "pg_catalog") && at_ + 2 < tokens_.size() &&
        is_symbol(tokens_[at_ + 1], ".")) {
      at_++;
      changed_ = true;
      return separate();
    }
    if (is_word(token, "ILIKE")) return replace("LIKE");
    if (creates_table_ && is_one_of(token, kSerials)) return replace("INTEGER");
    if (is_one_of(token, kBareFunctions) && !follows_dot() && !calls()) {
      return replace(lower(token.text) + "()");
    }
    pieces_.emplace_back(token.text);
  }

  // Whether a text that is put before piece `at` would touch a word or an operator.
  bool touches(size_t at) const {
    static constexpr std::string_view kApart = " \t\n\r\f(,";
    return at > 0 && kApart.find(pieces_[at - 1].back()) == std::string_view::npos;
  }
  // Where a token is left out, its neighbours must not become one token: a comment, or the word
  // COMMIT.
  void separate() {
    if (at_ + 1 < tokens_.size() && touches(pieces_.size())) pieces_.emplace_back(" ");
  }
  bool follows_dot() const { return !pieces_.empty() && pieces_.back() == "."; }
  bool calls() const { return at_ + 1 < tokens_.size() && is_symbol(tokens_[at_ + 1], "("); }

  // The start of the operand before `::`, which is a token, a.b, f(...) or (...).
  size_t operand() const {
    size_t i = pieces_.size();
    while (i > 0 && tokenize(pieces_[i - 1])[0].kind == TokenKind::kBlank) i--;
    if (i > 0 && pieces_[i - 1] == ")") {
      int depth = 0;
      while (i > 0) {
        i--;
        if (pieces_[i] == ")") depth++;
        if (pieces_[i] == "(" && --depth == 0) break;
      }
      if (i > 0 && is_name(pieces_[i - 1])) i--;
    } else if (i > 0) {
      i--;
    }
    while (i >= 2 && pieces_[i - 1] == ".") i -= 2;
    return i;
  }
  static bool is_name(const std::string& piece) {
    const Tokens tokens = tokenize(piece);
    return tokens.size() == 1 &&
           (tokens[0].kind == TokenKind::kWord || tokens[0].kind == TokenKind::kQuoted) &&
           !same_word(piece, "IN") && !same_word(piece, "AND") && !same_word(piece, "OR") &&
           !same_word(piece, "SELECT") && !same_word(piece, "WHERE") && !same_word(piece, "NOT");
  }

  void cast() {
    changed_ = true;
    while (++at_ < tokens_.size() && tokens_[at_].kind == TokenKind::kBlank) {
    }
    if (at_ >= tokens_.size() || too_many_casts()) return separate();
    const std::string target = cast_target(tokens_[at_].text);
    if (same_word(tokens_[at_].text, "double")) skip_word("precision");
    if (target.empty()) return separate();
    const size_t begin = operand();
    pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(begin), "CAST(");
    if (touches(begin)) pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(begin), " ");
    pieces_.push_back(" AS " + target + ")");
    // Becomes one piece, so that a cast of the cast finds its operand.
    const size_t start = static_cast<size_t>(
        std::find(pieces_.rbegin(), pieces_.rend(), "CAST(").base() - pieces_.begin() - 1);
    std::string whole;
    for (size_t i = start; i < pieces_.size(); i++) whole += pieces_[i];
    copied_ += whole.size() + kCastPieceBytes * (pieces_.size() - start);
    pieces_.resize(start);
    pieces_.push_back(whole);
  }

  void skip_word(std::string_view word) {
    for (size_t i = at_ + 1; i < tokens_.size(); i++) {
      if (tokens_[i].kind == TokenKind::kBlank) continue;
      if (is_word(tokens_[i], word)) at_ = i;
      return;
    }
  }

  const Tokens& tokens_;
  const bool creates_table_;
  size_t at_ = 0;
  std::vector<std::string> pieces_;
  bool changed_ = false;
  size_t copied_ = 0;
};

Statement make_statement(std::string_view text, Tokens tokens) {
  Statement out;
  const Token& first = tokens[significant(tokens, 1)[0]];
  out.offset = static_cast<size_t>(tokens.front().text.data() - text.data());
  out.verb = first.kind == TokenKind::kWord ? upper(first.text) : "";
  if (out.verb == "WITH") out.verb = main_verb(tokens);
  describe(out, tokens);
  if (out.verb == "SELECT") out.for_update = cut_for_update(tokens);
  Translation translation(tokens, out.tag == "CREATE TABLE");
  out.sql = translation.run();
  if (translation.too_many_casts()) {
    out.refused = "too many casts inside one another in a statement";
    out.verb.clear();
  }
  out.same_text = !translation.changed();
  return out;
}

}  // namespace

// A statement ends at a semicolon; inside CREATE TRIGGER at the one after END.
std::optional<Statement> StatementReader::next() {
  Tokens tokens;
  bool empty = true;
  int depth = 0;  // open BEGINs and CASEs in a trigger
  size_t bytes = 0;
  while (at_ < text_.size()) {
    const Token token = next_token(text_, at_);
    at_ += token.text.size();
    if (is_symbol(token, ";") && depth == 0) {
      if (!empty) break;
      tokens.clear();
      continue;
    }
    if (token.kind == TokenKind::kBlank && empty) continue;
    bytes += token.text.size();
    if (bytes > kSqlBytesMax) {
      at_ = text_.size();
      Statement out;
      out.refused = "a statement has at most " + std::to_string(kSqlBytesMax) + " bytes";
      return out;
    }
    if (is_word(token, "BEGIN") || is_word(token, "CASE")) {
      if (creates_trigger(tokens)) depth++;
    } else if (is_word(token, "END") && depth > 0) {
      depth--;
    }
    tokens.push_back(token);
    empty = false;
  }
  if (empty) return std::nullopt;
  return make_statement(text_, std::move(tokens));
}

std::vector<Statement> split_statements(std::string_view text) {
  std::vector<Statement> out;
  StatementReader reader(text);
  while (auto statement = reader.next()) out.push_back(std::move(*statement));
  return out;
}

}  // namespace multiaz::dbnode
