#include "dbnode/unit_of_work.h"

#include <utility>
#include <variant>

namespace multiaz::dbnode {

using rt::Task;

namespace {

Report make_warning(std::string_view sqlstate, std::string message) {
  Report out = make_error(sqlstate, std::move(message));
  out.severity = "WARNING";
  return out;
}

}  // namespace

UnitOfWork::UnitOfWork(store::Connection& connection, Settings& settings, const Facts& facts,
                       NamedPortals& portals, AnswerBuffer& answers, LoopPort& port)
    : connection_(connection),
      settings_(settings),
      facts_(facts),
      portals_(portals),
      answers_(answers),
      port_(port),
      transaction_(connection) {}

Failure UnitOfWork::refuse_in_failed_block(const Prepared& source) const {
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

Task<Failure> UnitOfWork::take_writer() {
  if (holds_writer_) co_return Failure();
  co_await port_.ask(Need::kWriter);
  if (port_.refused()) co_return port_.take_refusal();
  holds_writer_ = true;
  co_return Failure();
}

Task<Failure> UnitOfWork::before_statement(const Prepared& source) {
  if (!source.writes) co_return transaction_.start_read();
  const bool read_only =
      transaction_.block() ? transaction_.read_only() : settings_.default_read_only();
  if (read_only || !facts_.writable) {
    co_return make_error("25006",
                         "cannot execute " + source.statement.verb + " in a read-only transaction");
  }
  Failure failed = co_await take_writer();
  if (failed) co_return failed;
  co_return transaction_.start_write();
}

Task<Failure> UnitOfWork::commit(bool last) {
  portals_.clear();
  const bool writing = transaction_.writing();
  Failure failed = transaction_.commit();
  answers_.tell(settings_.finish(!failed));
  sealed_.reset();
  auto sealed = writing ? connection_.take_commit() : std::nullopt;
  if (sealed) sealed_.emplace(std::move(*sealed));
  // the loop side keeps the lock until it has published the sealed transaction
  holds_writer_ = false;
  if (failed || !sealed_) co_return failed;
  last_commit_ = last;
  co_await port_.ask(Need::kCommit);
  sealed_.reset();
  co_return port_.take_refusal();
}

std::optional<store::Commit> UnitOfWork::take_commit() {
  std::optional<store::Commit> out = std::move(sealed_);
  sealed_.reset();
  return out;
}

void UnitOfWork::rollback() {
  transaction_.rollback();
  answers_.tell(settings_.finish(false));
  holds_writer_ = false;
}

void UnitOfWork::fail() {
  // A statement in the middle of its rows would keep its snapshot and SQLite's transaction open.
  portals_.clear();
  transaction_.fail();
  connection_.forget_interrupt();
  if (!transaction_.block()) answers_.tell(settings_.finish(false));
  holds_writer_ = transaction_.writing();
}

Task<Failure> UnitOfWork::begin(Begin begin) {
  if (transaction_.block()) {
    answers_.writer().notice(make_warning("25001", "there is already a transaction in progress"));
    co_return Failure();
  }
  const Isolation otherwise =
      settings_.default_snapshot_isolation() ? Isolation::kSnapshot : Isolation::kStatement;
  const bool read_only = begin.modes.read_only.value_or(settings_.default_read_only());
  if (begin.modes.immediate && !facts_.writable) {
    co_return make_error("25006", "cannot set transaction read-write mode on a replica");
  }
  transaction_.begin_block(begin.modes.isolation.value_or(otherwise), read_only);
  if (!begin.modes.immediate) co_return Failure();
  Failure failed = co_await take_writer();
  if (!failed) failed = transaction_.start_write();
  if (failed) rollback();  // so that no block is opened
  co_return failed;
}

Failure UnitOfWork::savepoint_command(const Utility& utility) {
  const auto* set = std::get_if<Savepoint>(&utility);
  const auto* release = std::get_if<ReleaseSavepoint>(&utility);
  const auto* back = std::get_if<RollbackTo>(&utility);
  if (!transaction_.block()) {
    const std::string name = set       ? "SAVEPOINT"
                             : release ? "RELEASE SAVEPOINT"
                                       : "ROLLBACK TO SAVEPOINT";
    return make_error("25P01", name + " can only be used in transaction blocks");
  }
  if (set) return transaction_.savepoint(set->name);
  if (release) return transaction_.release(release->name);
  portals_.clear();
  return transaction_.rollback_to(back->name);
}

Failure UnitOfWork::set_modes(const SetTransaction& set) {
  if (!set.session) {
    if (!transaction_.block()) {
      answers_.writer().notice(
          make_warning("25P01", "SET TRANSACTION can only be used in transaction blocks"));
      return {};
    }
    return transaction_.set_modes(set.modes);
  }
  if (set.modes.read_only) {
    (void)settings_.set("default_transaction_read_only", *set.modes.read_only ? "on" : "off",
                        false);
  }
  if (set.modes.isolation) {
    const bool snapshot = *set.modes.isolation == Isolation::kSnapshot;
    (void)settings_.set("default_transaction_isolation",
                        snapshot ? "repeatable read" : "read committed", false);
  }
  return {};
}

void UnitOfWork::warn_without_block() {
  if (transaction_.block()) return;
  answers_.writer().notice(make_warning("25P01", "there is no transaction in progress"));
}

std::optional<std::string> UnitOfWork::shown(const std::string& name) const {
  if (name == "transaction_read_only") {
    const bool read_only =
        transaction_.block() ? transaction_.read_only() : settings_.default_read_only();
    return read_only || !facts_.writable ? "on" : "off";
  }
  if (name == "in_hot_standby") return facts_.role == "primary" ? "off" : "on";
  if (name == "transaction_isolation") {
    const bool snapshot =
        transaction_.block() ? transaction_.snapshot() : settings_.default_snapshot_isolation();
    return snapshot ? "repeatable read" : "read committed";
  }
  return std::nullopt;
}

}  // namespace multiaz::dbnode
