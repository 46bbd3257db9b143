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

#include <atomic>
#include <coroutine>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/rt/task.h"
#include "base/wire/pgwire.h"
#include "dbnode/functions.h"
#include "dbnode/portal.h"
#include "dbnode/settings.h"
#include "dbnode/transaction.h"

namespace multiaz::dbnode {

constexpr size_t kOutputBytesHigh = 256 << 10;
constexpr size_t kPreparedMax = 1000;           // named statements in a session
constexpr size_t kPreparedBytesMax = 16 << 20;  // SQL text of all of them together
constexpr size_t kPortalsMax = 100;

enum class Need { kInput, kFlush, kWriter, kCommit, kEnd };

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
  void lend_writer() { holds_writer_ = true; }

  void grant_writer();
  std::optional<store::Commit> take_commit();
  void commit_done();
  void refuse(Report report);
  // Rolls back; the next run() returns kEnd. A report is sent as the last message.
  void end(std::optional<Report> report);

  // Output that may leave now: whole answers, and never a success before its commit.
  std::string take_output();
  bool needs_writer() const { return holds_writer_; }
  bool in_block() const { return transaction_.block(); }
  uint64_t lock_timeout_ms() const { return settings_.lock_timeout_ms(); }
  uint64_t idle_timeout_ms() const { return settings_.idle_transaction_timeout_ms(); }
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
  struct Ask;
  Session(std::unique_ptr<store::Connection> connection, Settings settings);

  // --- session.cc
  rt::Task<void> main();
  rt::Task<void> dispatch(wire::pg::FrontendMessage message);
  Ask ask(Need need);
  void report(const Report& report);
  void extended_failure(const Report& report);
  void ready();
  void settle() { settled_ = output_.size(); }
  wire::pg::BackendWriter writer() { return wire::pg::BackendWriter(output_); }
  void tell(const std::vector<std::pair<std::string, std::string>>& changes);

  // --- session_run.cc: what both protocols share
  rt::Task<Failure> execute(Portal& portal, int32_t rows_max, bool announce);
  rt::Task<Failure> stream_rows(Portal& portal, int32_t rows_max, uint64_t& rows);
  rt::Task<Failure> before_statement(Prepared& source);
  rt::Task<Failure> take_writer();
  rt::Task<Failure> commit();
  void rollback();
  void fail();
  void cut_output(uint64_t mark);  // back to this position (taken_ + output_.size())
  Failure refuse_in_failed_block(const Prepared& source) const;
  Failure read_only_failure(const std::string& verb) const;
  std::string complete_tag(const Prepared& source, uint64_t rows) const;

  // --- session_utility.cc
  rt::Task<Failure> run_utility(const Prepared& source);
  rt::Task<Failure> begin_block(Begin begin);
  Failure set_parameter(const SetParameter& set);
  Failure set_transaction(const SetTransaction& set);
  Failure reset_parameter(const ResetParameter& reset);
  Failure show(const std::string& name);
  Failure savepoint_command(const Utility& utility);
  Failure deallocate(const std::string& name);
  std::optional<std::string> shown_by_transaction(const std::string& name) const;

  // --- session_query.cc
  rt::Task<void> on_query(wire::pg::Query query);
  rt::Task<Failure> run_simple(const Statement& statement, bool last);
  Failure on_parse(wire::pg::Parse& parse);
  Failure on_bind(const wire::pg::Bind& bind);
  rt::Task<Failure> on_describe(wire::pg::Describe describe);
  rt::Task<Failure> on_execute(wire::pg::Execute execute);
  void on_close(const wire::pg::Close& close);
  rt::Task<void> on_sync();

  // Declared before the statements that use it, because they must be destroyed before their
  // connection.
  std::unique_ptr<store::Connection> connection_;
  Settings settings_;
  Facts facts_;
  Transaction transaction_;
  std::map<std::string, std::shared_ptr<Prepared>> prepared_;
  std::map<std::string, std::unique_ptr<Portal>> portals_;

  std::deque<wire::pg::FrontendMessage> inbox_;
  std::string output_;
  size_t settled_ = 0;     // bytes of output_ that may leave
  uint64_t taken_ = 0;     // bytes that have been sent
  bool skipping_ = false;  // true after an error of the extended protocol, until Sync
  bool holds_writer_ = false;
  bool last_commit_ = false;  // the commit under way is the last step of its message
  std::optional<store::Commit> sealed_;
  std::optional<Report> refusal_;  // the answer to the last Need
  std::optional<Report> last_report_;
  bool ending_ = false;
  bool finished_ = false;
  bool started_ = false;
  Need need_ = Need::kInput;
  std::coroutine_handle<> waiting_;
  std::optional<rt::Task<void>> main_;
};

struct Session::Ask {
  explicit Ask(Session& s) : session(s) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) const noexcept { session.waiting_ = self; }
  void await_resume() const noexcept {}
  Session& session;
};

}  // namespace multiaz::dbnode
