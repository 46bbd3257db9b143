// The statements that the server itself carries out: transactions and settings. Pure parsing.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/core/result.h"
#include "dbnode/statement.h"

namespace multiaz::dbnode {

// kStatement: every statement sees what was committed before it began, until the transaction's
// first write (PostgreSQL's READ COMMITTED). kSnapshot: one snapshot from the first statement on;
// a write on an outdated one fails with 40001 (REPEATABLE READ, SERIALIZABLE).
enum class Isolation { kStatement, kSnapshot };

struct TransactionModes {
  std::optional<Isolation> isolation;
  std::optional<bool> read_only;
  bool immediate = false;  // READ WRITE or SQLite's IMMEDIATE: takes the writer lock now
};

struct Begin {
  TransactionModes modes;
};
struct CommitWork {};
struct Rollback {};
struct Savepoint {
  std::string name;
};
struct ReleaseSavepoint {
  std::string name;
};
struct RollbackTo {
  std::string name;
};
struct SetParameter {
  std::string name;
  std::optional<std::string> value;  // nullopt stands for DEFAULT
  bool local = false;
};
struct SetTransaction {
  TransactionModes modes;
  bool session = false;  // SET SESSION CHARACTERISTICS AS TRANSACTION
};
struct ResetParameter {
  std::string name;  // "all" for every setting
};
struct ShowParameter {
  std::string name;
};
struct DiscardAll {};
struct Deallocate {
  std::string name;  // "" for ALL
};

using Utility =
    std::variant<Begin, CommitWork, Rollback, Savepoint, ReleaseSavepoint, RollbackTo, SetParameter,
                 SetTransaction, ResetParameter, ShowParameter, DiscardAll, Deallocate>;

// nullopt when it is no such statement, so SQLite gets it. kInvalid: a syntax error (42601);
// kConflict: a PostgreSQL statement that this server does not offer (0A000).
Result<std::optional<Utility>> parse_utility(const Statement& statement);

// The tag of the statement: "BEGIN", "SET", ...
std::string utility_tag(const Utility& utility, const Statement& statement);

}  // namespace multiaz::dbnode
