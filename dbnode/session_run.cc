// How one statement runs: transaction, writer lock, rows, commit.
#include <sqlite3.h>

#include <optional>
#include <variant>

#include "dbnode/session.h"

namespace multiaz::dbnode {

using rt::Task;

Failure Session::refuse_in_failed_block(const Prepared& source) const {
  if (!transaction_.failed()) return {};
  if (source.utility && (std::holds_alternative<CommitWork>(*source.utility) ||
                         std::holds_alternative<Rollback>(*source.utility) ||
                         std::holds_alternative<RollbackTo>(*source.utility))) {
    return {};
  }
  return make_error("25P02",
                    "current transaction is aborted, commands ignored until end of transaction "
                    "block");
}

Failure Session::read_only_failure(const std::string& verb) const {
  return make_error("25006", "cannot execute " + verb + " in a read-only transaction");
}

Task<Failure> Session::take_writer() {
  if (holds_writer_) co_return Failure();
  co_await ask(Need::kWriter);
  if (refusal_) co_return std::move(refusal_);
  holds_writer_ = true;
  co_return Failure();
}

Task<Failure> Session::before_statement(Prepared& source) {
  if (!source.writes) co_return transaction_.start_read();
  const bool read_only =
      transaction_.block() ? transaction_.read_only() : settings_.default_read_only();
  if (read_only || !facts_.writable) co_return read_only_failure(source.statement.verb);
  Failure failed = co_await take_writer();
  if (failed) co_return failed;
  co_return transaction_.start_write();
}

Task<Failure> Session::execute(Portal& portal, int32_t rows_max, bool announce) {
  Prepared& source = portal.source();
  Failure failed = refuse_in_failed_block(source);
  if (failed) co_return failed;
  if (source.utility) {
    if (announce && portal.returns_rows()) writer().row_description(portal.columns());
    failed = co_await run_utility(source);
    co_return failed;
  }
  if (!portal.started()) {
    failed = co_await before_statement(source);
    if (failed) co_return failed;
    failed = portal.advance(*connection_);
    if (failed) co_return failed;
  } else if (portal.done() && !portal.returns_rows()) {
    co_return make_error("55000", "portal cannot be run anymore");
  }
  if (announce && portal.returns_rows()) writer().row_description(portal.columns());
  uint64_t rows = 0;
  failed = co_await stream_rows(portal, rows_max, rows);
  if (failed) co_return failed;
  // The authorizer should refuse this; if a statement got past it, it is not acknowledged.
  if (!transaction_.agrees()) co_return transaction_slipped();
  if (portal.done()) tell(settings_.take_changes());
  if (portal.done()) {
    writer().command_complete(complete_tag(source, rows));
  } else {
    writer().portal_suspended();
  }
  co_return Failure();
}

Task<Failure> Session::stream_rows(Portal& portal, int32_t rows_max, uint64_t& rows) {
  while (true) {
    Failure failed = portal.advance(*connection_);
    if (failed) co_return failed;
    if (portal.done()) co_return Failure();
    if (rows_max > 0 && rows >= static_cast<uint64_t>(rows_max)) co_return Failure();
    failed = portal.write_row(output_);
    if (failed) co_return failed;
    rows++;
    if (output_.size() < kOutputBytesHigh) continue;
    settle();
    co_await ask(Need::kFlush);
    if (ending_) co_return make_fatal("57P01", "terminating connection");
  }
}

std::string Session::complete_tag(const Prepared& source, uint64_t rows) const {
  const Statement& statement = source.statement;
  if (!statement.counts) return statement.tag;
  const uint64_t count = statement.tag == "SELECT"
                             ? rows
                             : static_cast<uint64_t>(sqlite3_changes64(connection_->raw()));
  return statement.tag + " " + std::to_string(count);
}

// Ends the client's transaction or an implicit one, and waits until the group has it.
Task<Failure> Session::commit() {
  portals_.clear();
  const bool writing = transaction_.writing();
  Failure failed = transaction_.commit();
  tell(settings_.finish(!failed));
  sealed_.reset();
  auto sealed = writing ? connection_->take_commit() : std::nullopt;
  if (sealed) sealed_.emplace(std::move(*sealed));
  // the loop side keeps the lock until it has published the sealed transaction
  holds_writer_ = false;
  if (failed || !sealed_) co_return failed;
  co_await ask(Need::kCommit);
  sealed_.reset();
  co_return std::move(refusal_);
}

void Session::rollback() {
  transaction_.rollback();
  tell(settings_.finish(false));
  holds_writer_ = false;
}

// Removes output unless it has been sent already.
void Session::cut_output(uint64_t mark) {
  if (mark < taken_ + settled_ || mark - taken_ > output_.size()) return;
  output_.resize(mark - taken_);
}

// After an error, an implicit transaction is over, and a block waits for its ROLLBACK.
void Session::fail() {
  // A statement in the middle of its rows would keep its snapshot and SQLite's transaction open.
  portals_.clear();
  transaction_.fail();
  connection_->forget_interrupt();
  if (!transaction_.block()) tell(settings_.finish(false));
  holds_writer_ = transaction_.writing();
}

}  // namespace multiaz::dbnode
