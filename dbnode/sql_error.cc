#include "dbnode/sql_error.h"

#include <sqlite3.h>

#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {
namespace {

// Patterns of SQLITE_ERROR messages. '*' stands for the name, which PostgreSQL's text takes over.
struct Row {
  std::string_view pattern, sqlstate, words;
};
constexpr Row kRows[] = {
    {"no such table: *", "42P01", "relation \"*\" does not exist"},
    {"no such view: *", "42P01", "view \"*\" does not exist"},
    {"no such index: *", "42704", "index \"*\" does not exist"},
    {"no such trigger: *", "42704", "trigger \"*\" does not exist"},
    {"no such column: *", "42703", "column \"*\" does not exist"},
    {"no such module: *", "42704", "module \"*\" does not exist"},
    {"no such savepoint: *", "3B001", "savepoint \"*\" does not exist"},
    {"no such function: *", "42883", "function * does not exist"},
    {"no such collation sequence: *", "42704", "collation \"*\" does not exist"},
    {"table * already exists", "42P07", "relation \"*\" already exists"},
    {"view * already exists", "42P07", "relation \"*\" already exists"},
    {"index * already exists", "42P07", "relation \"*\" already exists"},
    {"there is already a table named *", "42P07", "relation \"*\" already exists"},
    {"trigger * already exists", "42710", "trigger \"*\" already exists"},
    {"ambiguous column name: *", "42702", "column reference \"*\" is ambiguous"},
    {"duplicate column name: *", "42701", "column \"*\" specified more than once"},
    {"wrong number of arguments to function *", "42883", ""},
    {"misuse of aggregate*", "42803", ""},
    {"near *: syntax error", "42601", "syntax error at or near *"},
    {"incomplete input", "42601", "syntax error at end of input"},
    {"unrecognized token: *", "42601", ""},
    {"too many SQL variables*", "54000", ""},
    {"string or blob too big*", "54000", ""},
    {"too many *", "54000", ""},
    {"cannot start a transaction within a transaction", "25001", ""},
    {"table * may not be *", "42501", ""},
    {"object name reserved *", "42939", ""},
    {"unsafe use of *", "42501", ""},
    {"not authorized to use function*", "42501", ""},
    {"unrecognized configuration parameter *", "42704", ""},
    {"invalid configuration parameter name*", "42602", ""},
    {"invalid value for parameter *", "22023", ""},
    {"a session has at most * parameters*", "53400", ""},
    {"parameter * cannot be changed", "55P02", ""},
};

// Whether `text` fits the pattern; `name` becomes the text that '*' stands for.
bool fits(std::string_view text, std::string_view pattern, std::string_view& name) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return text == pattern;
  const std::string_view before = pattern.substr(0, star);
  std::string_view after = pattern.substr(star + 1);
  if (text.substr(0, before.size()) != before) return false;
  const std::string_view rest = text.substr(before.size());
  const size_t second = after.find('*');
  if (second != std::string_view::npos) after = after.substr(0, second);
  const size_t end = after.empty() ? rest.size() : rest.find(after);
  if (end == std::string_view::npos) return false;
  name = rest.substr(0, end);
  return true;
}

std::string fill(std::string_view words, std::string_view name) {
  const size_t star = words.find('*');
  if (star == std::string_view::npos) return std::string(words);
  return std::string(words.substr(0, star)) + std::string(name) +
         std::string(words.substr(star + 1));
}

Report plain_error(std::string_view message) {
  std::string_view name;
  for (const Row& row : kRows) {
    if (!fits(message, row.pattern, name)) continue;
    return make_error(row.sqlstate,
                      row.words.empty() ? std::string(message) : fill(row.words, name));
  }
  // "table t has no column named c", or "t has 2 columns but 3 values were supplied".
  if (message.find(" has no column named ") != std::string_view::npos) {
    return make_error("42703", std::string(message));
  }
  return make_error("42601", std::string(message));
}

// The parts of "UNIQUE constraint failed: t.a, t.b".
struct Failed {
  std::string list, table, columns;
};
Failed failed_constraint(std::string_view message) {
  Failed out;
  const size_t colon = message.find(": ");
  if (colon == std::string_view::npos) return out;
  out.list = message.substr(colon + 2);
  std::string_view rest = out.list;
  while (!rest.empty()) {
    const size_t comma = rest.find(", ");
    const std::string_view item = rest.substr(0, comma);
    const size_t dot = item.find('.');
    if (dot != std::string_view::npos) {
      out.table = item.substr(0, dot);
      out.columns += (out.columns.empty() ? "" : "_") + std::string(item.substr(dot + 1));
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 2);
  }
  return out;
}

Report unique_error(std::string_view message, bool primary_key) {
  const Failed failed = failed_constraint(message);
  // For an index on an expression SQLite names the index itself: "index 'i'".
  const std::string name = failed.table.empty() ? failed.list
                           : primary_key        ? failed.table + "_pkey"
                                                : failed.table + "_" + failed.columns + "_key";
  Report out =
      make_error("23505", "duplicate key value violates unique constraint \"" + name + "\"");
  out.detail = message;
  out.table = failed.table;
  out.constraint = name;
  return out;
}

Report constraint_error(int code, std::string_view message) {
  const Failed failed = failed_constraint(message);
  Report out;
  switch (code) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return unique_error(message, true);
    case SQLITE_CONSTRAINT_UNIQUE: return unique_error(message, false);
    case SQLITE_CONSTRAINT_NOTNULL:
      out = make_error("23502", "null value in column \"" + failed.columns + "\" of relation \"" +
                                    failed.table + "\" violates not-null constraint");
      out.table = failed.table;
      out.column = failed.columns;
      return out;
    case SQLITE_CONSTRAINT_CHECK:
      out = make_error("23514", "new row violates check constraint \"" + failed.list + "\"");
      out.constraint = failed.list;
      return out;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return make_error("23503", "a foreign key constraint is violated");
    case SQLITE_CONSTRAINT_TRIGGER: return make_error("P0001", std::string(message));
    case SQLITE_CONSTRAINT_DATATYPE: return make_error("42804", std::string(message));
    default: return make_error("23000", std::string(message));
  }
}

}  // namespace

Report make_error(std::string_view sqlstate, std::string message) {
  Report out;
  out.code = sqlstate;
  out.message = std::move(message);
  return out;
}

Report make_fatal(std::string_view sqlstate, std::string message) {
  Report out = make_error(sqlstate, std::move(message));
  out.severity = "FATAL";
  return out;
}

Report translate_error(int code, std::string_view message, int position) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return constraint_error(code, message);
    case SQLITE_INTERRUPT: return make_error("57014", "canceling statement due to user request");
    case SQLITE_READONLY: return make_error("25006", "cannot write in a read-only transaction");
    case SQLITE_BUSY:
      return make_error("40001", "could not serialize access due to concurrent update");
    case SQLITE_FULL: return make_error("53100", "the database is full");
    case SQLITE_NOMEM:
      return make_error("53200",
                        "out of memory: a session has at most 256 MiB, and all of them together "
                        "512 MiB beside 4 MiB each");
    case SQLITE_TOOBIG: return make_error("54000", "a value or statement is too large");
    case SQLITE_MISMATCH: return make_error("42804", "datatype mismatch");
    case SQLITE_AUTH:
    case SQLITE_PERM: return make_error("42501", "permission denied: " + std::string(message));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return make_error("XX001", std::string(message));
    case SQLITE_RANGE: return make_error("08P01", "bind parameter out of range");
    case SQLITE_ERROR: {
      Report out = plain_error(message);
      out.position = position;
      return out;
    }
    default: return make_error("XX000", std::string(message));
  }
}

Report transaction_slipped() {
  return make_fatal("XX000",
                    "terminating connection: a transaction began or ended outside of the session; "
                    "it was not executed");
}

Report sqlite_error(store::Connection& connection, int rc) {
  if ((rc & 0xff) == SQLITE_AUTH && connection.take_refused_word()) {
    return make_error("0A000",
                      "BEGIN, COMMIT, END, ROLLBACK, SAVEPOINT and RELEASE are statements of their "
                      "own: they cannot be explained or be part of another");
  }
  switch (connection.last_refusal()) {
    case store::Refusal::kTooLarge:
      if ((rc & 0xff) != SQLITE_FULL) break;
      return make_error("54000", "the transaction changes too many pages for one log record");
    case store::Refusal::kStale:
      if ((rc & 0xff) != SQLITE_IOERR) break;
      return make_fatal("57P01", "terminating connection: the database was replaced");
    case store::Refusal::kOutside:
      if ((rc & 0xff) != SQLITE_IOERR) break;
      return transaction_slipped();
    default: break;
  }
  // Memory is also refused to a statement that shall stop: then memory was not what was missing.
  const bool stopped =
      (rc & 0xff) == SQLITE_INTERRUPT || ((rc & 0xff) == SQLITE_NOMEM && connection.should_stop());
  if (stopped) {
    return make_error("57014", connection.timed_out()
                                   ? "canceling statement due to statement timeout"
                                   : "canceling statement due to user request");
  }
  const int offset = sqlite3_error_offset(connection.raw());
  return translate_error(rc, sqlite3_errmsg(connection.raw()), offset < 0 ? 0 : offset + 1);
}

}  // namespace multiaz::dbnode
