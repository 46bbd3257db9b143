#include "dbnode/session.h"

#include <optional>
#include <variant>

#include "dbnode/functions_format.h"
#include "dbnode/functions_text.h"

namespace multiaz::dbnode {

using namespace wire::pg;  // NOLINT: message names
using rt::Task;

Session::Session(std::unique_ptr<store::Connection> connection, Settings settings)
    : connection_(std::move(connection)),
      settings_(std::move(settings)),
      transaction_(*connection_) {}

Session::~Session() {
  CHECK(finished_ || !started_);
  const store::MemoryAccount::Scope scope(connection_->memory());
  portals_.clear();
  prepared_.clear();
}

Result<std::unique_ptr<Session>> Session::open(store::PageVfs& vfs, Settings settings) {
  auto connection = store::Connection::open(vfs);
  if (!connection) return connection.error();
  std::unique_ptr<Session> out(new Session(std::move(*connection), std::move(settings)));
  const store::MemoryAccount::Scope scope(out->connection_->memory());
  Status added = add_functions(*out->connection_, out->facts_, out->settings_);
  if (added) added = add_text_functions(*out->connection_);
  if (added) added = add_format_functions(out->connection_->raw());
  if (!added) return added.error();
  return out;
}

Session::Ask Session::ask(Need need) {
  need_ = need;
  refusal_.reset();
  return Ask(*this);
}

Need Session::run() {
  CHECK(!finished_);
  const store::MemoryAccount::Scope scope(connection_->memory());
  if (!started_) {
    started_ = true;
    main_.emplace(main());
    (void)main_->start(std::coroutine_handle<>());
  } else {
    std::exchange(waiting_, std::coroutine_handle<>()).resume();
  }
  connection_->give_turn_back();
  if (finished_) need_ = Need::kEnd;
  return need_;
}

bool Session::only_answers() const {
  return need_ == Need::kCommit && last_commit_ && !refusal_ && !ending_ && inbox_.empty();
}

bool Session::will_write() const {
  if (holds_writer_ || inbox_.empty() || skipping_ || transaction_.failed()) return false;
  const auto* bind = std::get_if<Bind>(&inbox_.front());
  if (!bind || !std::holds_alternative<Sync>(inbox_.back())) return false;
  const auto it = prepared_.find(bind->statement);
  return it != prepared_.end() && it->second->writes;
}

void Session::grant_writer() {
  CHECK(need_ == Need::kWriter);
}
void Session::commit_done() {
  CHECK(need_ == Need::kCommit && !sealed_);
}
void Session::refuse(Report report) {
  refusal_ = std::move(report);
}

std::optional<store::Commit> Session::take_commit() {
  std::optional<store::Commit> out = std::move(sealed_);
  sealed_.reset();
  return out;
}

void Session::end(std::optional<Report> report) {
  ending_ = true;
  last_report_ = std::move(report);
  if (need_ == Need::kWriter || need_ == Need::kCommit) {
    refusal_ = make_fatal("57P01", "terminating connection");
  }
}

std::string Session::take_output() {
  std::string out = output_.substr(0, settled_);
  output_.erase(0, settled_);
  taken_ += settled_;
  settled_ = 0;
  return out;
}

Task<void> Session::main() {
  while (!ending_) {
    if (inbox_.empty()) {
      co_await ask(Need::kInput);
      continue;
    }
    FrontendMessage message = std::move(inbox_.front());
    inbox_.pop_front();
    if (skipping_ && !std::holds_alternative<Sync>(message) &&
        !std::holds_alternative<Terminate>(message)) {
      continue;
    }
    co_await dispatch(std::move(message));
  }
  portals_.clear();
  rollback();
  if (last_report_) {
    output_.resize(settled_);  // an unfinished answer never leaves
    writer().error(*last_report_);
    settle();
  }
  finished_ = true;
}

Task<void> Session::dispatch(FrontendMessage message) {
  const uint64_t timeout_ms = settings_.statement_timeout_ms();
  connection_->arm(timeout_ms == 0 ? 0 : monotonic_now() + timeout_ms * kMillisecond);
  Failure failed;
  if (auto* query = std::get_if<Query>(&message)) {
    co_await on_query(std::move(*query));
  } else if (auto* parse = std::get_if<Parse>(&message)) {
    failed = on_parse(*parse);
  } else if (auto* bind = std::get_if<Bind>(&message)) {
    failed = on_bind(*bind);
  } else if (auto* describe = std::get_if<Describe>(&message)) {
    failed = co_await on_describe(std::move(*describe));
  } else if (auto* execute = std::get_if<Execute>(&message)) {
    failed = co_await on_execute(std::move(*execute));
  } else if (auto* close = std::get_if<Close>(&message)) {
    on_close(*close);
  } else if (std::holds_alternative<Sync>(message)) {
    co_await on_sync();
  } else if (std::holds_alternative<Flush>(message)) {
    settle();
  } else if (std::holds_alternative<Terminate>(message)) {
    ending_ = true;
  } else if (!std::holds_alternative<CopyData>(message) &&
             !std::holds_alternative<CopyDone>(message) &&
             !std::holds_alternative<CopyFail>(message)) {
    end(make_fatal("08P01", "a password message after authentication"));
  }
  if (failed) extended_failure(*failed);
}

// An error that ends the connection is FATAL; any other error rolls back, and the session goes on.
void Session::report(const Report& report) {
  if (report.severity == "FATAL") {
    if (!ending_) end(report);
    return;
  }
  fail();
  writer().error(report);
}

void Session::extended_failure(const Report& failure) {
  report(failure);
  settle();
  skipping_ = true;
}

void Session::ready() {
  if (ending_) return;
  writer().ready_for_query(transaction_.status());
  settle();
}

void Session::tell(const std::vector<std::pair<std::string, std::string>>& changes) {
  for (const auto& [name, value] : changes) writer().parameter_status(name, value);
}

}  // namespace multiaz::dbnode
