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
  std::string sql;      // for SQLite, without the semicolon
  std::string verb;     // "SELECT", "INSERT", "BEGIN"...; of WITH the verb after it; upper case
  std::string tag;      // CommandComplete without a count: "SELECT", "INSERT 0", "CREATE TABLE"
  bool counts = false;  // the tag is followed by a number of rows
  bool for_update = false;
  bool same_text = true;  // not translated: error positions are right
  size_t offset = 0;      // of sql in the text
  std::string refused;    // why it is not even looked at (54000); "" = it is
};

constexpr size_t kSqlBytesMax = 1 << 20;            // of one statement, as SQLite's own limit
constexpr size_t kCastBytesMax = size_t{64} << 20;  // copied for casts of casts in one statement

// One statement after the other, so that a long text never lies in memory as tokens. Empty ones
// are left out. Never fails: mistakes are SQLite's to report. After a refused one nothing comes.
class StatementReader {
 public:
  explicit StatementReader(std::string_view text) : text_(text) {}  // the text must outlive this
  std::optional<Statement> next();

 private:
  std::string_view text_;
  size_t at_ = 0;
};

std::vector<Statement> split_statements(std::string_view text);

}  // namespace multiaz::dbnode
