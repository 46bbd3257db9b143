// The statements of an SQL text, each in SQLite's spelling, with what the server must know of it.
//
// Translated from PostgreSQL, token by token (anything else must be SQL that SQLite knows):
//   x::int            CAST(x AS INTEGER), for integer, text, real and blob types; other casts go
//   SERIAL            INTEGER, in CREATE TABLE (so that SERIAL PRIMARY KEY counts by itself)
//   a ILIKE b         a LIKE b (LIKE ignores the case of ASCII letters here anyway)
//   current_user      current_user(), also session_user, current_role, current_catalog
//   pg_catalog.x      x
//   ... FOR UPDATE    taken off; the statement then waits for the writer lock, as a write does
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace multiaz::dbnode {

struct Statement {
  std::string sql;   // SQL for SQLite, without the semicolon
  std::string verb;  // "SELECT", "INSERT", "BEGIN"...; for WITH the verb after it; upper case
  // the tag of CommandComplete without a count: "SELECT", "INSERT 0", "CREATE TABLE"
  std::string tag;
  bool counts = false;  // a number of rows follows the tag
  bool for_update = false;
  bool same_text = true;  // not translated, so error positions are right
  size_t offset = 0;      // where the SQL begins in the text
  std::string refused;    // the reason when it is refused without being read (54000), or ""
};

constexpr size_t kSqlBytesMax = 1 << 20;  // bound for one statement, equal to SQLite's own limit
// bytes copied for casts of casts in one statement
constexpr size_t kCastBytesMax = size_t{64} << 20;

// Reads one statement after the other, so that a long text is never held as tokens. Empty
// statements are left out. It never fails: SQLite reports the mistakes. No statement follows a
// refused one.
class StatementReader {
 public:
  // the text must outlive the reader
  explicit StatementReader(std::string_view text) : text_(text) {}
  std::optional<Statement> next();

 private:
  std::string_view text_;
  size_t at_ = 0;
};

std::vector<Statement> split_statements(std::string_view text);

}  // namespace multiaz::dbnode
