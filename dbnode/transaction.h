// One session's transaction as PostgreSQL's clients see it, on top of SQLite's.
//
// READ COMMITTED (the default) opens no SQLite transaction before the first write: every statement
// reads what was committed before it began. The first write takes the writer lock and begins on the
// newest published version, so it is never outdated. REPEATABLE READ and SERIALIZABLE pin their
// snapshot at the first statement; a write on an outdated one fails with 40001.
#pragma once

#include <string>
#include <vector>

#include "dbnode/portal.h"

namespace multiaz::dbnode {

class Transaction {
 public:
  explicit Transaction(store::Connection& connection) : connection_(connection) {}

  // --- the block that the client opened with BEGIN ---
  bool block() const { return block_; }
  bool failed() const { return failed_; }
  bool read_only() const { return read_only_; }
  bool snapshot() const { return isolation_ == Isolation::kSnapshot; }
  wire::pg::Transaction status() const;
  void begin_block(Isolation isolation, bool read_only);
  // fails with 25001 once SQLite's transaction is open
  Failure set_modes(const TransactionModes& modes);

  // --- SQLite's transaction ---
  bool open() const { return open_; }
  bool writing() const { return writing_; }
  // Whether SQLite has a transaction open exactly when this object says so.
  bool agrees() const;
  // To be called before a reading statement.
  Failure start_read();
  // To be called before a writing statement. REQUIRES: the session holds the writer lock.
  Failure start_write();
  // To be called when a statement failed: an implicit transaction ends, a block can only be rolled
  // back.
  void fail();

  // Commits. After a commit that changed pages the connection has a sealed transaction to publish.
  // REQUIRES: no statement is active.
  Failure commit();
  void rollback();

  Failure savepoint(const std::string& name);
  Failure release(const std::string& name);
  Failure rollback_to(const std::string& name);

 private:
  Failure run(const std::string& sql);
  Failure open_with(const char* sql);
  void close();
  bool knows(const std::string& name) const;

  store::Connection& connection_;
  bool block_ = false;
  bool failed_ = false;
  bool read_only_ = false;
  Isolation isolation_ = Isolation::kStatement;
  bool open_ = false;
  bool writing_ = false;
  std::vector<std::string> savepoints_;  // made again when SQLite's transaction opens
};

}  // namespace multiaz::dbnode
