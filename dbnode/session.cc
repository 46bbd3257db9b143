#include "dbnode/session.h"

#include <coroutine>
#include <utility>
#include <variant>

#include "dbnode/functions_format.h"
#include "dbnode/functions_text.h"

namespace multiaz::dbnode {

using namespace wire::pg;  // NOLINT: message names
using rt::Task;

Session::Session(std::unique_ptr<store::Connection> connection, Settings settings)
    : connection_(std::move(connection)),
      settings_(std::move(settings)),
      work_(*connection_, settings_, facts_, portals_, answers_, port_),
      runner_(*connection_, settings_, statements_, portals_, work_, answers_, port_),
      protocol_(*connection_, statements_, portals_, work_, runner_, answers_, port_) {}

Session::~Session() {
  CHECK(!main_ || port_.need() == Need::kEnd);
  const store::MemoryAccount::Scope scope(connection_->memory());
  portals_.clear();
  statements_.clear();
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

Need Session::run() {
  CHECK(port_.need() != Need::kEnd);
  const store::MemoryAccount::Scope scope(connection_->memory());
  if (!main_) {
    main_.emplace(main());
    (void)main_->start(std::coroutine_handle<>());
  } else {
    port_.resume();
  }
  connection_->give_turn_back();
  return port_.need();
}

bool Session::only_answers() const {
  return port_.need() == Need::kCommit && work_.last_commit() && !port_.refused() &&
         !port_.ending() && inbox_.empty();
}

bool Session::will_write() const {
  return !work_.holds_writer() && !inbox_.empty() && std::holds_alternative<Sync>(inbox_.back()) &&
         protocol_.will_write(inbox_.front());
}

void Session::grant_writer() {
  CHECK(port_.need() == Need::kWriter);
}
void Session::commit_done() {
  CHECK(port_.need() == Need::kCommit && !work_.sealed());
}

Task<void> Session::main() {
  while (!port_.ending()) {
    if (inbox_.empty()) {
      co_await port_.ask(Need::kInput);
      continue;
    }
    FrontendMessage message = std::move(inbox_.front());
    inbox_.pop_front();
    if (protocol_.skips(message)) continue;
    const uint64_t timeout_ms = settings_.statement_timeout_ms();
    connection_->arm(timeout_ms == 0 ? 0 : monotonic_now() + timeout_ms * kMillisecond);
    co_await protocol_.answer(std::move(message));
  }
  portals_.clear();
  work_.rollback();
  if (port_.last_report()) {
    answers_.cut_unsettled();  // an unfinished answer never leaves
    answers_.writer().error(*port_.last_report());
    answers_.settle();
  }
  port_.finish();
}

}  // namespace multiaz::dbnode
