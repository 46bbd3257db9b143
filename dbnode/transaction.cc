#include "dbnode/transaction.h"

#include <sqlite3.h>

#include <algorithm>

namespace multiaz::dbnode {
namespace {

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  return out + "\"";
}

Failure no_savepoint(const std::string& name) {
  return make_error("3B001", "savepoint \"" + name + "\" does not exist");
}

}  // namespace

wire::pg::Transaction Transaction::status() const {
  if (!block_) return wire::pg::Transaction::kIdle;
  return failed_ ? wire::pg::Transaction::kFailed : wire::pg::Transaction::kOpen;
}

void Transaction::begin_block(Isolation isolation, bool read_only) {
  block_ = true;
  isolation_ = isolation;
  read_only_ = read_only;
}

Failure Transaction::set_modes(const TransactionModes& modes) {
  if (open_ && modes.isolation) {
    return make_error("25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query");
  }
  if (modes.isolation) isolation_ = *modes.isolation;
  if (modes.read_only) read_only_ = *modes.read_only;
  return {};
}

Failure Transaction::run(const std::string& sql) {
  const store::Connection::TransactionWords words(connection_);
  const int rc = sqlite3_exec(connection_.raw(), sql.c_str(), nullptr, nullptr, nullptr);
  if (rc == SQLITE_OK) return {};
  return sqlite_error(connection_, rc);
}

Failure Transaction::open_with(const char* sql) {
  Failure failed = run(sql);
  if (failed) return failed;
  open_ = true;
  for (const std::string& name : savepoints_) {
    failed = run("SAVEPOINT " + quoted(name));
    if (failed) return failed;
  }
  return {};
}

Failure Transaction::start_read() {
  if (open_ || !block_ || !snapshot()) return {};
  return open_with("BEGIN");
}

Failure Transaction::start_write() {
  connection_.allow_write(true);
  writing_ = true;
  return open_ ? Failure() : open_with("BEGIN IMMEDIATE");
}

bool Transaction::agrees() const {
  return open_ == (sqlite3_get_autocommit(connection_.raw()) == 0);
}

void Transaction::fail() {
  if (!block_) return rollback();
  failed_ = true;
  if (open_ && sqlite3_get_autocommit(connection_.raw())) {
    // SQLite has rolled back by itself (disk full, interrupted write), so there are no savepoints
    // left.
    savepoints_.clear();
    close();
  } else if (savepoints_.empty()) {
    // There is nothing to return to, so the writer lock is released now, not when the client
    // reacts.
    if (open_) (void)run("ROLLBACK");
    close();
  }
}

Failure Transaction::commit() {
  Failure failed;
  if (open_) {
    failed = run("COMMIT");
    // A deferred constraint leaves the transaction open.
    if (failed && !sqlite3_get_autocommit(connection_.raw())) (void)run("ROLLBACK");
  }
  close();
  block_ = failed_ = read_only_ = false;
  isolation_ = Isolation::kStatement;
  savepoints_.clear();
  return failed;
}

void Transaction::rollback() {
  if (open_ && !sqlite3_get_autocommit(connection_.raw())) (void)run("ROLLBACK");
  close();
  block_ = failed_ = read_only_ = false;
  isolation_ = Isolation::kStatement;
  savepoints_.clear();
}

void Transaction::close() {
  open_ = writing_ = false;
  connection_.allow_write(false);
}

bool Transaction::knows(const std::string& name) const {
  return std::find(savepoints_.begin(), savepoints_.end(), name) != savepoints_.end();
}

Failure Transaction::savepoint(const std::string& name) {
  if (open_) {
    Failure failed = run("SAVEPOINT " + quoted(name));
    if (failed) return failed;
  }
  savepoints_.push_back(name);
  return {};
}

Failure Transaction::release(const std::string& name) {
  if (!knows(name)) return no_savepoint(name);
  if (open_) {
    Failure failed = run("RELEASE " + quoted(name));
    if (failed) return failed;
  }
  while (savepoints_.back() != name) savepoints_.pop_back();
  savepoints_.pop_back();
  return {};
}

Failure Transaction::rollback_to(const std::string& name) {
  if (!knows(name)) return no_savepoint(name);
  if (open_) {
    Failure failed = run("ROLLBACK TO " + quoted(name));
    if (failed) return failed;
  }
  while (savepoints_.back() != name) savepoints_.pop_back();
  failed_ = false;
  return {};
}

}  // namespace multiaz::dbnode
