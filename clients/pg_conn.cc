#include "clients/pg_conn.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/core/check.h"
#include "base/core/log.h"
#include "base/rt/fabric.h"

namespace multiaz::clients {

namespace {

constexpr uint64_t kCutPollMs = 10;

// Whether the host is this machine by its very name or number; a path is the folder of a unix
// socket.
bool is_this_machine(std::string_view host) {
  if (host.empty() || host == "localhost" || host == "::1" || host.front() == '/') return true;
  const auto address = rt::parse_address(std::string(host), 1);
  return address && (address->ip >> 24) == 127;
}

std::string first_line(const char* text) {
  const std::string_view all = text == nullptr ? "" : text;
  return std::string(all.substr(0, all.find('\n')));
}

Error sql_error(std::string_view sqlstate, std::string text) {
  if (sqlstate == "23505") return Error(Code::kConflict, std::move(text));
  if (sqlstate == "23514") return Error(Code::kLimit, std::move(text));
  if (sqlstate == "42P01") return Error(Code::kNotFound, std::move(text));
  return Error(Code::kInternal, std::string(sqlstate) + " " + text);
}

Outcome refused(const pg_result* result, bool was_commit) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string sqlstate = field == nullptr ? "" : field;
  const std::string text = first_line(PQresultErrorMessage(result));
  Outcome out;
  const SqlClass meaning = classify_sqlstate(sqlstate);
  out.retry = meaning != SqlClass::kFinal;
  out.moved = out.retry && meaning != SqlClass::kRetry;
  out.in_doubt = meaning == SqlClass::kInDoubt;
  // A COMMIT that was refused with "go elsewhere" may have been executed, so it is in doubt.
  if (was_commit && meaning == SqlClass::kMoved) out.in_doubt = true;
  out.error =
      out.retry ? Error(Code::kUnavailable, sqlstate + " " + text) : sql_error(sqlstate, text);
  return out;
}

// The link was lost, and the server may already have received everything that matters.
Outcome lost(const Error& error) {
  Outcome out;
  out.error = error;
  out.retry = true;
  out.in_doubt = true;
  return out;
}

}  // namespace

bool is_local_database(const std::string& url) {
  struct Free {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
  };
  const std::unique_ptr<PQconninfoOption, Free> parsed(PQconninfoParse(url.c_str(), nullptr));
  if (!parsed) return false;
  std::string hosts, addresses;
  for (const PQconninfoOption* one = parsed.get(); one->keyword != nullptr; ++one) {
    const std::string_view name = one->keyword;
    if (one->val != nullptr && name == "host") hosts = one->val;
    if (one->val != nullptr && name == "hostaddr") addresses = one->val;
  }
  std::string_view rest = addresses.empty() ? hosts : addresses;
  while (true) {
    const size_t comma = rest.find(',');
    if (!is_this_machine(rest.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    rest.remove_prefix(comma + 1);
  }
}

PgConn::PgConn(PgTarget target)
    : target_(std::move(target)), timer_([this] {
        timed_out_ = true;
        if (waiting_) wait_.wake();
      }) {}

PgConn::~PgConn() {
  close();
}

void PgConn::close() {
  CHECK(!waiting_);
  watch_.reset();  // before libpq closes the descriptor
  if (conn_ != nullptr) PQfinish(conn_);
  conn_ = nullptr;
}

void PgConn::abort() {
  broken_ = true;
  if (!waiting_) return;
  timer_.start(0);  // deferred, because the caller may have been called by the waiter
}

rt::Task<Status> PgConn::connect(Nanos until) {
  close();
  broken_ = false;
  // Settings before dbname are defaults, which the URL may override.
  const bool local = is_local_database(target_.url);
  const char* keywords[] = {"sslmode",          "gssencmode", "password",
                            "application_name", "dbname",     nullptr};
  const char* values[] = {local ? "disable" : "prefer",
                          "disable",
                          target_.password.empty() ? nullptr : target_.password.c_str(),
                          target_.application.c_str(),
                          target_.url.c_str(),
                          nullptr};
  conn_ = PQconnectStartParams(keywords, values, 1);
  if (conn_ == nullptr) co_return Error(Code::kInternal, "out of memory");
  if (PQstatus(conn_) == CONNECTION_BAD) {  // a unix socket fails at once
    const Error error = link_error();
    close();
    co_return error;
  }
  const char* host = PQhost(conn_);
  const Result<rt::Address> numeric = rt::parse_address(host == nullptr ? "" : host, 5432);
  peer_ip_ = numeric ? numeric->ip : 0;
  const Status connected = co_await poll_connection(until);
  if (!connected) {
    close();
    co_return connected.error();
  }
  PQsetNoticeProcessor(
      conn_, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(conn_, 1) != 0 || PQenterPipelineMode(conn_) != 1) {
    const Error error = link_error();
    close();
    co_return error;
  }
  watch_socket();
  watch_->want(true, false);  // so that a close by the server is noticed at once
  co_return Status();
}

rt::Task<Status> PgConn::poll_connection(Nanos until) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    watch_socket();
    const Status progressed = co_await ready(state == PGRES_POLLING_WRITING, until);
    watch_.reset();  // libpq may continue with another socket
    if (!progressed) co_return progressed.error();
    state = PQconnectPoll(conn_);
    if (state == PGRES_POLLING_FAILED) co_return link_error();
  }
  co_return Status();
}

void PgConn::watch_socket() {
  watch_.reset();
  watch_ = std::make_unique<rt::FdWatch>(PQsocket(conn_), [this](bool, bool) { on_socket(); });
}

void PgConn::on_socket() {
  fired_ = true;
  if (waiting_) return wait_.wake();
  on_idle_input();
}

// Input without a query: the server says good-bye or sends a notice.
void PgConn::on_idle_input() {
  if (!watch_) return;
  // the socket stays readable, so watching it would spin
  if (cut()) return watch_->want(false, false);
  if (PQconsumeInput(conn_) == 1 && PQstatus(conn_) == CONNECTION_OK) return;
  watch_.reset();
  broken_ = true;
  if (on_lost_) on_lost_();
}

// libpq closes its descriptor when it finds the connection lost. The next file that is opened gets
// the same number, so the number must not be watched any more: two watches of one number would take
// each other's events.
void PgConn::note_loss() {
  if (PQstatus(conn_) == CONNECTION_OK) return;
  watch_.reset();
  broken_ = true;
}

// Waits until the socket may have news. A cut link has none, whatever the kernel holds.
rt::Task<Status> PgConn::ready(bool write, Nanos until) {
  if (broken_) co_return Error(Code::kClosed, "the connection was given up");
  const bool held = cut();
  fired_ = timed_out_ = false;
  const Nanos now = monotonic_now();
  if (now >= until) co_return Error(Code::kTimeout, "the database did not answer in time");
  uint64_t wait_ms = (until - now) / kMillisecond + 1;
  if (held) wait_ms = std::min(wait_ms, kCutPollMs);
  timer_.start(wait_ms);
  watch_->want(!held, write && !held);
  waiting_ = true;
  while (!fired_ && !timed_out_) co_await wait_;
  waiting_ = false;
  timer_.stop();
  if (watch_) watch_->want(!held, false);
  if (broken_) co_return Error(Code::kClosed, "the connection was given up");
  if (fired_ || held || cut()) co_return Status();
  co_return Error(Code::kTimeout, "the database did not answer in time");
}

bool PgConn::cut() const {
  const rt::Fabric& fabric = rt::fabric();
  if (fabric.quiet() || peer_ip_ == 0) return false;
  return fabric.link(target_.self.ip, peer_ip_).blocked() ||
         fabric.link(peer_ip_, target_.self.ip).blocked();
}

Error PgConn::link_error() {
  note_loss();
  const std::string text = first_line(PQerrorMessage(conn_));
  if (text.find("password") != std::string::npos || text.find("role \"") != std::string::npos) {
    return Error(Code::kDenied, text);
  }
  for (const int number : {EMFILE, ENFILE}) {
    if (text.find(std::strerror(number)) != std::string::npos) return Error(Code::kExhausted, text);
  }
  return Error(Code::kUnavailable, text);
}

rt::Task<Status> PgConn::flush(Nanos until) {
  while (true) {
    if (!cut()) {
      const int left = PQflush(conn_);
      if (left < 0) co_return link_error();
      if (left == 0) co_return Status();
    }
    const Status progressed = co_await ready(true, until);
    if (!progressed) co_return progressed.error();
    if (!cut() && PQconsumeInput(conn_) != 1) co_return link_error();
  }
}

rt::Task<Status> PgConn::send(const Batch& batch, bool transaction, Nanos until) {
  bool sent = !transaction ||
              PQsendQueryParams(conn_, "BEGIN", 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
  for (const Statement& statement : batch) {
    std::vector<const char*> values;
    std::vector<Oid> types;
    for (const Param& param : statement.params) {
      values.push_back(param.text().c_str());
      types.push_back(param.type_oid());
    }
    sent = sent && PQsendQueryParams(conn_, statement.sql.c_str(), static_cast<int>(values.size()),
                                     types.data(), values.data(), nullptr, nullptr, 0) == 1;
  }
  if (transaction) {
    sent =
        sent && PQsendQueryParams(conn_, "COMMIT", 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
  }
  sent = sent && PQpipelineSync(conn_) == 1;
  if (!sent) co_return link_error();
  const Status flushed = co_await flush(until);
  co_return flushed;
}

rt::Task<Outcome> PgConn::execute(const Batch& batch, bool transaction, Nanos until) {
  CHECK(up());
  const Status sent = co_await send(batch, transaction, until);
  if (!sent) co_return lost(sent.error());
  Outcome out = co_await collect(batch.size(), transaction, until);
  if (out.error && up() && PQtransactionStatus(conn_) != PQTRANS_IDLE) {
    co_await roll_back(until);
  }
  co_return out;
}

// Waits for libpq's next result; null separates statements.
rt::Task<Status> PgConn::next_result(pg_result** result, Nanos until) {
  while (PQisBusy(conn_) == 1 || cut()) {
    const Status progressed = co_await ready(false, until);
    if (!progressed) co_return progressed.error();
    if (!cut() && PQconsumeInput(conn_) != 1) co_return link_error();
  }
  *result = PQgetResult(conn_);
  note_loss();
  co_return Status();
}

rt::Task<Outcome> PgConn::collect(size_t statements, bool transaction, Nanos until) {
  Outcome out;
  const size_t last = transaction ? statements + 1 : statements;  // COMMIT, or one past the end
  size_t index = 0;  // BEGIN is statement 0 of a transaction
  while (true) {
    pg_result* result = nullptr;
    const Status got = co_await next_result(&result, until);
    if (!got) {
      broken_ = true;
      // An earlier refusal stands: nothing of the batch was executed.
      if (out.error && !out.in_doubt) co_return out;
      co_return lost(got.error());
    }
    if (result == nullptr) {
      if (PQstatus(conn_) != CONNECTION_OK) co_return lost(link_error());
      ++index;
      continue;
    }
    Rows rows(result);
    const ExecStatusType kind = PQresultStatus(result);
    if (kind == PGRES_PIPELINE_SYNC) break;
    if (kind == PGRES_PIPELINE_ABORTED) continue;
    if (kind == PGRES_FATAL_ERROR && PQstatus(conn_) != CONNECTION_OK) {
      broken_ = true;
      if (PQresultErrorField(result, PG_DIAG_SQLSTATE) == nullptr) {
        co_return lost(link_error());
      }
    }
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK) {
      if (!out.error) out = refused(result, transaction && index == last);
      if (broken_) co_return out;
      continue;
    }
    const bool framing = transaction && (index == 0 || index == last);
    if (!framing && !out.error) out.rows.push_back(std::move(rows));
  }
  if (out.error) out.rows.clear();
  if (out.moved) broken_ = true;
  co_return out;
}

rt::Task<void> PgConn::roll_back(Nanos until) {
  Batch batch;
  batch.push_back(Statement("ROLLBACK"));
  const Status sent = co_await send(batch, false, until);
  if (!sent) {
    broken_ = true;
    co_return;
  }
  const Outcome done = co_await collect(1, false, until);
  if (done.error) broken_ = true;
}

}  // namespace multiaz::clients
