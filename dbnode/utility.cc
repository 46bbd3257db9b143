#include "dbnode/utility.h"

#include <array>

#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {
namespace {

using Parsed = Result<std::optional<Utility>>;

// The words of a statement without blanks; next() past the end returns an empty word.
class Words {
 public:
  explicit Words(const std::string& sql) {
    for (const Token& token : tokenize(sql)) {
      if (token.kind != TokenKind::kBlank) tokens_.push_back(token);
    }
  }
  bool done() const { return at_ >= tokens_.size(); }
  bool is(std::string_view word) const {
    return !done() && tokens_[at_].kind != TokenKind::kString && same_word(tokens_[at_].text, word);
  }
  bool take(std::string_view word) {
    if (!is(word)) return false;
    at_++;
    return true;
  }
  bool take(std::string_view first, std::string_view second) {
    if (!is(first) || at_ + 1 >= tokens_.size() || !same_word(tokens_[at_ + 1].text, second)) {
      return false;
    }
    at_ += 2;
    return true;
  }
  bool is_name() const {
    return !done() &&
           (tokens_[at_].kind == TokenKind::kWord || tokens_[at_].kind == TokenKind::kQuoted);
  }
  std::string next() { return done() ? std::string() : unquote(tokens_[at_++]); }
  std::string rest_near() const { return done() ? "end of input" : std::string(tokens_[at_].text); }

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

Error syntax(const Words& words) {
  return Error(Code::kInvalid, words.done()
                                   ? "syntax error at end of input"
                                   : "syntax error at or near \"" + words.rest_near() + "\"");
}

Parsed finished(const Words& words, Utility utility) {
  if (!words.done()) return syntax(words);
  return std::optional<Utility>(std::move(utility));
}

// Parses ISOLATION LEVEL x, READ ONLY, READ WRITE and [NOT] DEFERRABLE, with or without commas.
bool parse_modes(Words& words, TransactionModes& modes) {
  while (!words.done()) {
    if (words.take(",") || words.take("DEFERRABLE") || words.take("NOT", "DEFERRABLE")) continue;
    if (words.take("READ", "ONLY")) {
      modes.read_only = true;
    } else if (words.take("READ", "WRITE")) {
      modes.read_only = false;
      modes.immediate = true;
    } else if (words.take("ISOLATION", "LEVEL")) {
      if (words.take("READ", "COMMITTED") || words.take("READ", "UNCOMMITTED")) {
        modes.isolation = Isolation::kStatement;
      } else if (words.take("REPEATABLE", "READ") || words.take("SERIALIZABLE")) {
        modes.isolation = Isolation::kSnapshot;
      } else {
        return false;
      }
    } else {
      return false;
    }
  }
  return true;
}

Parsed parse_begin(Words& words) {
  Begin begin;
  if (words.take("IMMEDIATE") || words.take("EXCLUSIVE")) begin.modes.immediate = true;
  (void)words.take("DEFERRED");
  if (!words.take("TRANSACTION")) (void)words.take("WORK");
  if (!parse_modes(words, begin.modes)) return syntax(words);
  return finished(words, begin);
}

Parsed parse_rollback(Words& words) {
  if (!words.take("TRANSACTION")) (void)words.take("WORK");
  if (words.take("TO")) {
    (void)words.take("SAVEPOINT");
    if (!words.is_name()) return syntax(words);
    RollbackTo to{words.next()};
    return finished(words, std::move(to));
  }
  if (words.take("AND", "NO")) (void)words.take("CHAIN");
  return finished(words, Rollback());
}

Parsed parse_commit(Words& words) {
  if (!words.take("TRANSACTION")) (void)words.take("WORK");
  if (words.take("AND", "NO")) (void)words.take("CHAIN");
  return finished(words, CommitWork());
}

Parsed parse_set_value(Words& words, SetParameter set) {
  if (!words.take("=") && !words.take("TO")) return syntax(words);
  if (words.done()) return syntax(words);
  if (words.take("DEFAULT")) return finished(words, std::move(set));
  std::string value;
  while (!words.done()) {
    if (words.is(",")) {
      (void)words.next();
      value += ", ";
    } else {
      value += words.next();
    }
  }
  set.value = std::move(value);
  return std::optional<Utility>(std::move(set));
}

Parsed parse_set(Words& words) {
  SetParameter set;
  if (words.take("SESSION", "CHARACTERISTICS")) {
    SetTransaction modes;
    modes.session = true;
    if (!words.take("AS", "TRANSACTION") || !parse_modes(words, modes.modes)) return syntax(words);
    return finished(words, std::move(modes));
  }
  if (words.take("LOCAL")) {
    set.local = true;
  } else {
    (void)words.take("SESSION");
  }
  if (words.take("TRANSACTION")) {
    SetTransaction modes;
    if (!parse_modes(words, modes.modes)) return syntax(words);
    return finished(words, std::move(modes));
  }
  if (words.take("TIME", "ZONE")) {
    set.name = "timezone";
    if (!words.take("LOCAL") && !words.take("DEFAULT")) set.value = words.next();
    return finished(words, std::move(set));
  }
  if (words.take("NAMES")) {
    set.name = "client_encoding";
    if (!words.done()) set.value = words.next();
    return finished(words, std::move(set));
  }
  if (!words.is_name()) return syntax(words);
  set.name = words.next();
  while (words.take(".")) set.name += "." + words.next();
  return parse_set_value(words, std::move(set));
}

std::string parameter_name(Words& words) {
  if (words.take("TIME", "ZONE")) return "timezone";
  if (words.take("TRANSACTION", "ISOLATION")) {
    (void)words.take("LEVEL");
    return "transaction_isolation";
  }
  std::string name = words.next();
  while (words.take(".")) name += "." + words.next();
  return lower(name);
}

Parsed parse_reset(Words& words) {
  ResetParameter reset{parameter_name(words)};
  if (reset.name.empty()) return syntax(words);
  return finished(words, std::move(reset));
}

Parsed parse_show(Words& words) {
  ShowParameter show{parameter_name(words)};
  if (show.name.empty()) return syntax(words);
  return finished(words, std::move(show));
}

Parsed parse_discard(Words& words) {
  if (!words.take("ALL")) {
    return Error(Code::kConflict, "only DISCARD ALL is supported");
  }
  return finished(words, DiscardAll());
}

Parsed parse_deallocate(Words& words) {
  (void)words.take("PREPARE");
  Deallocate out;
  if (!words.take("ALL")) {
    if (!words.is_name()) return syntax(words);
    out.name = words.next();
  }
  return finished(words, std::move(out));
}

Parsed parse_savepoint(Words& words) {
  if (!words.is_name()) return syntax(words);
  Savepoint out{words.next()};
  return finished(words, std::move(out));
}

Parsed parse_release(Words& words) {
  (void)words.take("SAVEPOINT");
  if (!words.is_name()) return syntax(words);
  ReleaseSavepoint out{words.next()};
  return finished(words, std::move(out));
}

struct Row {
  std::string_view verb;
  Parsed (*parse)(Words&);
};
constexpr Row kUtilities[] = {
    {"BEGIN", parse_begin},
    {"START", parse_begin},
    {"COMMIT", parse_commit},
    {"END", parse_commit},
    {"ROLLBACK", parse_rollback},
    {"ABORT", parse_rollback},
    {"SAVEPOINT", parse_savepoint},
    {"RELEASE", parse_release},
    {"SET", parse_set},
    {"RESET", parse_reset},
    {"SHOW", parse_show},
    {"DISCARD", parse_discard},
    {"DEALLOCATE", parse_deallocate},
};
// PostgreSQL's clients know these; "not supported" is clearer than a syntax error.
constexpr std::array<std::string_view, 9> kUnsupported = {
    "COPY", "LISTEN", "NOTIFY", "UNLISTEN", "PREPARE", "EXECUTE", "LOCK", "VACUUM", "GRANT"};

struct Tagger {
  const Statement& statement;
  std::string operator()(const Begin&) const {
    return statement.verb == "START" ? "START TRANSACTION" : "BEGIN";
  }
  std::string operator()(const CommitWork&) const { return "COMMIT"; }
  std::string operator()(const Rollback&) const { return "ROLLBACK"; }
  std::string operator()(const Savepoint&) const { return "SAVEPOINT"; }
  std::string operator()(const ReleaseSavepoint&) const { return "RELEASE"; }
  std::string operator()(const RollbackTo&) const { return "ROLLBACK"; }
  std::string operator()(const SetParameter&) const { return "SET"; }
  std::string operator()(const SetTransaction&) const { return "SET"; }
  std::string operator()(const ResetParameter&) const { return "RESET"; }
  std::string operator()(const ShowParameter&) const { return "SHOW"; }
  std::string operator()(const DiscardAll&) const { return "DISCARD ALL"; }
  std::string operator()(const Deallocate& deallocate) const {
    return deallocate.name.empty() ? "DEALLOCATE ALL" : "DEALLOCATE";
  }
};

}  // namespace

Result<std::optional<Utility>> parse_utility(const Statement& statement) {
  for (std::string_view verb : kUnsupported) {
    if (statement.verb == verb) {
      return Error(Code::kConflict, statement.verb + " is not supported");
    }
  }
  if (statement.verb == "ALTER") {
    Words words(statement.sql);
    (void)words.next();
    for (const char* what : {"ROLE", "USER", "DATABASE", "SYSTEM"}) {
      if (words.is(what)) {
        return Error(Code::kConflict, std::string("ALTER ") + what +
                                          " is not supported: settings belong to a session (SET)");
      }
    }
  }
  for (const Row& row : kUtilities) {
    if (statement.verb != row.verb) continue;
    Words words(statement.sql);
    (void)words.next();
    return row.parse(words);
  }
  return std::optional<Utility>();
}

std::string utility_tag(const Utility& utility, const Statement& statement) {
  return std::visit(Tagger{statement}, utility);
}

}  // namespace multiaz::dbnode
