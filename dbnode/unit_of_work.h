// UnitOfWork: a session's transaction with all that begins and ends with it: the writer lock, the
// snapshot, the portals, the settings that a rollback undoes, and the commit that the group takes.
#pragma once

#include <optional>
#include <string>

#include "base/rt/task.h"
#include "dbnode/answer_buffer.h"
#include "dbnode/functions.h"
#include "dbnode/loop_port.h"
#include "dbnode/named.h"
#include "dbnode/settings.h"
#include "dbnode/transaction.h"

namespace multiaz::dbnode {

class UnitOfWork {
 public:
  // REQUIRES: all of them outlive it.
  UnitOfWork(store::Connection& connection, Settings& settings, const Facts& facts,
             NamedPortals& portals, AnswerBuffer& answers, LoopPort& port);

  const Transaction& transaction() const { return transaction_; }
  // 25P02 when the block has failed and the statement does not end it.
  Failure refuse_in_failed_block(const Prepared& source) const;
  // Gives a statement what it needs before it runs: a snapshot, or the writer lock.
  rt::Task<Failure> before_statement(const Prepared& source);
  // A snapshot alone, for a statement that is run ahead of its Execute.
  Failure start_read() { return transaction_.start_read(); }

  // Ends the client's transaction or an implicit one, and waits until the group has it. `last`: the
  // commit is the last step of its message.
  rt::Task<Failure> commit(bool last);
  void rollback();
  // After an error, an implicit transaction is over, and a block waits for its ROLLBACK.
  void fail();

  // --- the client's words
  rt::Task<Failure> begin(Begin begin);
  Failure savepoint_command(const Utility& utility);
  Failure set_modes(const SetTransaction& set);
  // Warns the client when there is no block that could be ended.
  void warn_without_block();
  // The value of SHOW when the transaction decides it.
  std::optional<std::string> shown(const std::string& name) const;

  // --- for the loop side
  bool holds_writer() const { return holds_writer_; }
  void lend_writer() { holds_writer_ = true; }
  bool last_commit() const { return last_commit_; }
  bool sealed() const { return sealed_.has_value(); }
  std::optional<store::Commit> take_commit();

 private:
  rt::Task<Failure> take_writer();

  store::Connection& connection_;
  Settings& settings_;
  const Facts& facts_;
  NamedPortals& portals_;
  AnswerBuffer& answers_;
  LoopPort& port_;
  Transaction transaction_;
  bool holds_writer_ = false;
  bool last_commit_ = false;  // whether the last commit was the last step of its message
  std::optional<store::Commit> sealed_;
};

}  // namespace multiaz::dbnode
