// Prepared statements and portals of the extended protocol, over SQLite's statements. The simple
// protocol also makes a portal for each of its statements.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/wire/pgwire.h"
#include "base/wire/pgwire_backend.h"
#include "dbnode/sql_error.h"
#include "dbnode/statement.h"
#include "dbnode/store/connection.h"
#include "dbnode/utility.h"

struct sqlite3_stmt;

namespace multiaz::dbnode {

using Failure = std::optional<Report>;  // nullopt when it worked
using Columns = std::vector<wire::pg::ColumnDescription>;

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const;
};
using Handle = std::unique_ptr<sqlite3_stmt, Finalizer>;

// The result of Parse. It holds either a utility statement, or an SQL statement, or nothing (empty
// text).
struct Prepared {
  Statement statement;
  std::optional<Utility> utility;
  bool empty = false;
  Handle idle;          // ready for the next Bind; null while a portal uses it
  bool writes = false;  // whether it needs the writer lock
  // types of $1, $2...; unspecified ones are reported as text
  std::vector<uint32_t> parameter_types;
  std::vector<size_t> slots;  // SQLite's parameter i + 1 is $(slots[i] + 1)
  // set by Describe of the statement; later rows keep these columns
  std::optional<Columns> announced;
};

class Portal {
 public:
  explicit Portal(std::shared_ptr<Prepared> source) : source_(std::move(source)) {}
  ~Portal();  // gives the SQLite statement back to its Prepared
  Portal(const Portal&) = delete;
  Portal& operator=(const Portal&) = delete;

  Prepared& source() { return *source_; }
  bool returns_rows() const;
  bool started() const { return state_ != State::kBound; }
  bool done() const { return state_ == State::kDone; }

  // Takes the parameters. 08P01 when their number is wrong, 22P02 or 22P03 for a bad value.
  Failure bind(store::Connection& connection, const wire::pg::Bind& message);
  // Steps to the next row unless a row is waiting already. Afterwards either has_row() or done() is
  // true.
  Failure advance(store::Connection& connection);
  bool has_row() const { return state_ == State::kRow; }
  // The columns as announced to the client, decided by the first row if it is there.
  const Columns& columns();
  // Appends the waiting row as DataRow and releases it.
  Failure write_row(std::string& out);

 private:
  enum class State { kBound, kRow, kBetween, kDone };
  Failure bind_parameters(store::Connection& connection, const wire::pg::Bind& message);

  std::shared_ptr<Prepared> source_;
  Handle handle_;
  std::vector<int16_t> formats_;
  std::optional<Columns> columns_;
  State state_ = State::kBound;
};

// Fills `out` from the text of one statement. `types` may be shorter than the parameters.
Failure prepare(store::Connection& connection, const Statement& statement,
                std::vector<uint32_t> types, Prepared& out);
// Describes the columns without a row, so the types of expressions are guessed. Empty when the
// statement returns no rows.
Columns describe_statement(const Prepared& prepared);
Columns show_columns(const std::string& name);  // describes one text column

}  // namespace multiaz::dbnode
