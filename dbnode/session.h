// Session: the protocol between a client's messages and SQLite, without sockets, clock or loop.
//
// The loop side pushes decoded messages and calls run() on a thread of the SQL pool; run() goes on
// until the session needs something that only the loop side can give, and returns which:
//
//   kInput    nothing left to do; push more messages
//   kFlush    much output is waiting; send it before the next run()
//   kWriter   the writer lock: grant_writer(), or refuse() with the reason
//   kCommit   a sealed transaction: take_commit(), append, publish, wait for the group, then
//             commit_done(), or refuse() when it was not or may not have been committed
//   kEnd      the client said good-bye, or a FATAL error is the last output; destroy the session
//
// Inside, the protocol is one coroutine that waits at these points: straight code on any thread.
// Only one thread at a time may use it, except for interrupt() and abandon().
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/rt/task.h"
#include "base/wire/pgwire.h"
#include "dbnode/answer_buffer.h"
#include "dbnode/functions.h"
#include "dbnode/loop_port.h"
#include "dbnode/named.h"
#include "dbnode/query_protocol.h"
#include "dbnode/settings.h"
#include "dbnode/statement_runner.h"
#include "dbnode/unit_of_work.h"

namespace multiaz::dbnode {

class Session {
 public:
  // Opens the session's SQLite connection (it takes some 100 us, so not on the loop).
  static Result<std::unique_ptr<Session>> open(store::PageVfs& vfs, Settings settings);
  // REQUIRES: run() has returned kEnd, or was never called.
  ~Session();

  void push(wire::pg::FrontendMessage message) { inbox_.push_back(std::move(message)); }
  size_t queued() const { return inbox_.size(); }
  // The values for SQL functions and whether writes are allowed: set before each run().
  void set_facts(Facts facts) { facts_ = std::move(facts); }
  Need run();

  // True after commit_done() when only answers are left to write, so run() may be called on the
  // loop.
  bool only_answers() const;
  // True when the messages pushed are one whole cycle whose first statement writes. If the loop
  // side then holds the writer lock before run(), it says so by lend_writer(): one way to a thread,
  // not two.
  bool will_write() const;
  void lend_writer() { work_.lend_writer(); }

  void grant_writer();
  std::optional<store::Commit> take_commit() { return work_.take_commit(); }
  void commit_done();
  void refuse(Report report) { port_.refuse(std::move(report)); }
  // Rolls back; the next run() returns kEnd. A report is sent as the last message.
  void end(std::optional<Report> report) { port_.end(std::move(report)); }

  // Output that may leave now: whole answers, and never a success before its commit.
  std::string take_output() { return answers_.take(); }
  bool needs_writer() const { return work_.holds_writer(); }
  bool in_block() const { return work_.transaction().block(); }
  const Settings& settings() const { return settings_; }
  bool stale() const { return connection_->stale(); }

  // From any thread, while the session lives: ends the statement that runs or is about to.
  void interrupt() { connection_->interrupt(); }
  // From any thread: ends a statement that is over time. To be called periodically.
  void look_at_deadline(Nanos now) { connection_->look_at_deadline(now); }
  // From any thread: the client is gone, so none of its statements is worth finishing.
  void abandon() { connection_->abandon(); }
  // To be called when idle: a cancel request that came too late must not hit the next query.
  void forget_interrupt() { connection_->forget_interrupt(); }

 private:
  Session(std::unique_ptr<store::Connection> connection, Settings settings);
  rt::Task<void> main();

  // Declared before the statements that use it, because they must be destroyed before their
  // connection.
  std::unique_ptr<store::Connection> connection_;
  Settings settings_;
  Facts facts_;
  AnswerBuffer answers_;
  LoopPort port_;
  NamedStatements statements_;
  NamedPortals portals_;
  UnitOfWork work_;
  StatementRunner runner_;
  QueryProtocol protocol_;
  std::deque<wire::pg::FrontendMessage> inbox_;
  std::optional<rt::Task<void>> main_;  // set by the first run()
};

}  // namespace multiaz::dbnode
