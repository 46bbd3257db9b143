#include "dbnode/client.h"

#include <algorithm>
#include <functional>
#include <variant>

#include "base/core/log.h"
#include "base/core/random.h"
#include "base/http/linger.h"
#include "dbnode/server.h"

namespace multiaz::dbnode {

using namespace wire::pg;  // NOLINT: message names
using rt::Task;

namespace {

Report in_doubt() {
  return make_fatal("08007",
                    "the primary lost its role before the commit was confirmed: the outcome of the "
                    "transaction is unknown");
}
Report not_executed() {
  return make_fatal("57P01",
                    "terminating connection: not the primary any more; the transaction was not "
                    "executed");
}

}  // namespace

Client::Client(Server& server, rt::Conn& conn, Endpoint endpoint)
    : server_(server),
      conn_(conn),
      endpoint_(endpoint),
      pid_(server.new_pid()),
      secret_(static_cast<int32_t>(secret_u64())),
      hang_up_(conn),
      writer_(server.database_.writer()),
      idle_timer_([this] {
        terminate(make_fatal("25P03", "terminating connection due to idle-in-transaction timeout"));
      }) {}

Task<void> Client::run() {
  const bool started = co_await start();
  if (started) {
    conn_.set_input_max(kClientMessageBytesMax + kStartupBytesMax);
    co_await serve();
  }
  co_await finish();
}

Task<void> Client::serve() {
  while (true) {
    const Need need = co_await run_session();
    if (need == Need::kEnd) co_return;
    if (need == Need::kCommit) {
      co_await commit();
      continue;
    }
    if (need == Need::kInput || need == Need::kFlush) co_await flush();
    if (!lost_ && !fatal_) {
      if (need == Need::kWriter) co_await give_writer();
      if (need == Need::kInput) co_await next_input();
    }
    if (need == Need::kInput && !lost_ && !fatal_) co_await lend_writer();
    if (lost_ || fatal_) session_->end(fatal_);
  }
}

Task<Need> Client::run_session() {
  if (session_->only_answers()) co_return session_->run();
  state_ = State::kRunning;
  session_->set_facts(facts());
  Need need = Need::kEnd;
  const std::function<void()> job = [this, &need] { need = session_->run(); };
  co_await server_.pool_.run(job, Lane::kStatement);
  if (writer_.held() && need != Need::kCommit && !session_->needs_writer()) writer_.release();
  co_return need;
}

Facts Client::facts() const {
  Facts out;
  out.id = server_.config_.id;
  out.zone = server_.config_.zone;
  const replication::GroupStatus status = server_.group_.status();
  out.role = to_string(status.role);
  out.epoch = status.epoch.raw;
  out.lsn = server_.database_.store().committed().raw;
  out.writable = primary_ && endpoint_ != Endpoint::kReader && server_.group_.serving();
  out.pid = pid_;
  return out;
}

// Checked before a statement runs and again before its answer leaves (rule 6).
bool Client::may_answer() const {
  if (session_ && session_->stale()) return false;
  return primary_ ? server_.group_.serving()
                  : endpoint_ != Endpoint::kDatabase && server_.group_.readable();
}

Report Client::role_lost() const {
  if (unanswered_commit_) return in_doubt();
  return make_fatal("57P01", "terminating connection: this instance has lost its role");
}

Task<void> Client::flush() {
  const std::string out = session_->take_output();
  if (out.empty() || lost_) co_return;
  if (!may_answer()) {
    if (!fatal_ || unanswered_commit_) fatal_ = role_lost();
    co_return;
  }
  unanswered_commit_ = false;
  state_ = State::kWriting;
  conn_.deadline_in_ms(kWriteMs);
  const Status written = co_await conn_.write(out);
  conn_.clear_deadline();
  if (!written) lost_ = true;
}

// True when there is a message to run.
bool Client::take_messages() {
  while (session_->queued() < kBatchMessagesMax) {
    auto decoded = decode_frontend(conn_.peek(), kClientMessageBytesMax);
    if (!decoded) {
      const bool large = decoded.error().code == Code::kLimit;
      terminate(make_fatal("08P01", large ? "invalid message length" : decoded.error().detail));
      return false;
    }
    if (!*decoded) break;
    const wire::pg::FrontendMessage& message = (*decoded)->message;
    const bool runs = std::holds_alternative<wire::pg::Query>(message) ||
                      std::holds_alternative<wire::pg::Execute>(message);
    if (runs) server_.count_statement();
    session_->push(std::move((*decoded)->message));
    conn_.consume((*decoded)->consumed);
  }
  return session_->queued() > 0;
}

Task<void> Client::next_input() {
  session_->forget_interrupt();
  while (!take_messages() && !fatal_ && !lost_) {
    state_ = State::kIdle;
    watch_idle();
    const Status more = co_await conn_.more();
    idle_timer_.stop();
    if (!more) lost_ = true;
  }
  state_ = State::kRunning;
  if (!fatal_ && !lost_ && !may_answer()) fatal_ = role_lost();
}

// A transaction that waits for its client keeps the writer lock from all other sessions.
void Client::watch_idle() {
  uint64_t limit_ms = session_->in_block() ? session_->settings().idle_transaction_timeout_ms() : 0;
  if (writer_.held()) limit_ms = limit_ms == 0 ? kIdleWriterMs : std::min(limit_ms, kIdleWriterMs);
  if (limit_ms > 0) idle_timer_.start(limit_ms);
}

// The session needs the lock in the middle of a statement.
Task<void> Client::give_writer() {
  if (!writer_.held() && !writer_.refused()) {
    state_ = State::kWaitingWriter;
    co_await writer_.acquire(session_->settings().lock_timeout_ms(),
                             session_->settings().statement_timeout_ms());
    state_ = State::kRunning;
  }
  Failure refusal = writer_.take_refusal();
  if (writer_.held()) {
    session_->grant_writer();
  } else {
    session_->refuse(std::move(*refusal));
  }
}

// The session is about to ask, so it gets the lock first: that costs one way to a thread and back
// instead of two. A refusal is kept until the session asks.
Task<void> Client::lend_writer() {
  (void)writer_.take_refusal();
  if (!primary_ || endpoint_ == Endpoint::kReader || !session_->will_write()) co_return;
  if (!writer_.held()) {
    state_ = State::kWaitingWriter;
    co_await writer_.acquire(session_->settings().lock_timeout_ms(),
                             session_->settings().statement_timeout_ms());
    state_ = State::kRunning;
  }
  if (writer_.held()) session_->lend_writer();
}

Task<void> Client::commit() {
  std::optional<store::Commit> sealed = session_->take_commit();
  CHECK(sealed && writer_.held());
  Result<Lsn> lsn = Error(Code::kUnavailable);
  if (server_.group_.serving()) lsn = server_.group_.append(sealed->take_payload());
  const bool published = lsn && sealed->publish(*lsn);
  sealed.reset();
  writer_.release();  // early lock release: the next transaction builds on the published pages
  server_.group_.more_to_come(server_.database_.writer().held());
  if (!lsn) {
    fail_commit(not_executed());
    co_return;
  }
  state_ = State::kCommitting;
  const bool committed = published && co_await server_.database_.wait_committed(*lsn);
  state_ = State::kRunning;
  if (committed) {
    server_.counters_.commits++;
    unanswered_commit_ = true;
    session_->commit_done();
  } else {
    server_.counters_.commits_in_doubt++;
    fail_commit(in_doubt());
  }
}

// The outcome of the commit is the last message to the client, whatever else ends the session.
void Client::fail_commit(Report report) {
  fatal_ = report;
  session_->refuse(std::move(report));
}

// Sends the last message, then frees the session's memory and closes the socket.
Task<void> Client::finish() {
  idle_timer_.stop();
  state_ = State::kClosing;
  if (session_) {
    std::string out = session_->take_output();
    if (!may_answer()) {
      out.clear();
      BackendWriter(out).error(fatal_ ? *fatal_ : role_lost());
    }
    if (!lost_) (void)conn_.send(out);
    if (writer_.held()) writer_.release();
    const std::function<void()> job = [this] { session_.reset(); };
    co_await server_.pool_.run(job, Lane::kService);
  }
  if (!conn_.closed()) co_await http::linger(conn_);
}

void Client::cancel() {
  if (state_ == State::kRunning) session_->interrupt();
  if (state_ == State::kWaitingWriter) writer_.cancel();
}

void Client::look(Nanos now) {
  if (state_ != State::kRunning && state_ != State::kWaitingWriter) return;
  if (state_ == State::kRunning && session_) session_->look_at_deadline(now);
  if (!hang_up_.noticed(now)) return;
  if (session_) session_->abandon();
  if (state_ == State::kWaitingWriter) writer_.cancel();
}

bool Client::is_idle_reader() const {
  return endpoint_ == Endpoint::kReader && state_ == State::kIdle && !session_->in_block();
}

void Client::terminate(Report report) {
  if (fatal_) return;
  fatal_ = std::move(report);
  switch (state_) {
    case State::kRunning:
      if (session_) session_->interrupt();
      break;
    case State::kWaitingWriter: writer_.cancel(); break;
    case State::kIdle: {
      // The session waits for the client's next message, so the error is sent now. Closing at once
      // could destroy the error if the client's next query is already on the way (a reset would
      // overtake it).
      std::string out;
      BackendWriter(out).error(*fatal_);
      (void)conn_.send(out);
      lost_ = true;
      conn_.shutdown_write();
      conn_.deadline_in_ms(kGoodbyeMs);
      break;
    }
    case State::kStarting: {
      std::string out;
      BackendWriter(out).error(*fatal_);
      (void)conn_.send(out);
      conn_.close(Code::kCancelled, fatal_->message);
      break;
    }
    case State::kWriting: conn_.close(Code::kCancelled, fatal_->message); break;
    case State::kCommitting:
    case State::kClosing: break;
  }
}

}  // namespace multiaz::dbnode
