// Prepared statements and portals of the extended protocol, over SQLite's statements. The simple
// protocol makes a portal for each of its statements too.
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

using Failure = std::optional<Report>;  // nothing = it worked
using Columns = std::vector<wire::pg::ColumnDescription>;

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const;
};
using Handle = std::unique_ptr<sqlite3_stmt, Finalizer>;

// What Parse leaves behind. Exactly one of utility, sql statement, or nothing (empty text).
struct Prepared {
  Statement statement;
  std::optional<Utility> utility;
  bool empty = false;
  Handle idle;                            // ready for the next Bind; null while a portal has it
  bool writes = false;                    // needs the writer lock
  std::vector<uint32_t> parameter_types;  // of $1, $2...; unspecified ones are told as text
  std::vector<size_t> slots;              // SQLite's parameter i + 1 is $(slots[i] + 1)
  std::optional<Columns> announced;       // by Describe of the statement: later rows keep to it
};

class Portal {
 public:
  explicit Portal(std::shared_ptr<Prepared> source) : source_(std::move(source)) {}
  ~Portal();  // hands the SQLite statement back to its Prepared
  Portal(const Portal&) = delete;
  Portal& operator=(const Portal&) = delete;

  Prepared& source() { return *source_; }
  bool returns_rows() const;
  bool started() const { return state_ != State::kBound; }
  bool done() const { return state_ == State::kDone; }

  // Takes parameters over. 08P01 when their number is wrong, 22P02 or 22P03 for a bad value.
  Failure bind(store::Connection& connection, const wire::pg::Bind& message);
  // Steps to the next row unless one is waiting already. Afterwards has_row() or done().
  Failure advance(store::Connection& connection);
  bool has_row() const { return state_ == State::kRow; }
  // The columns as announced to the client; decided by the first row if it is there.
  const Columns& columns();
  // Appends the waiting row as DataRow and lets it go.
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

// Fills `out` from one statement's text. `types` may be shorter than the parameters.
Failure prepare(store::Connection& connection, const Statement& statement,
                std::vector<uint32_t> types, Prepared& out);
// Without a row; types of expressions are guessed. Empty when it returns no rows.
Columns describe_statement(const Prepared& prepared);
Columns show_columns(const std::string& name);  // one text column

}  // namespace multiaz::dbnode
