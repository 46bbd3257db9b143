#include "dbnode/store/connection.h"

#include <sqlite3.h>

#include "dbnode/store/guard.h"

namespace multiaz::dbnode::store {
namespace {

// SQLite's virtual machine calls back after so many instructions to ask whether to stop. The number
// is small, because one instruction can take long: they work on values of up to 16 MiB. The clock
// is read less often.
constexpr int kProgressInstructions = 100;
constexpr uint32_t kProgressClock = 10;
constexpr int kPatternBytesMax = 50'000;  // longest pattern of LIKE and GLOB

int authorize(int action, const char* a, const char* b) {
  switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return SQLITE_DENY;
    case SQLITE_PRAGMA: return pragma_allowed(a ? a : "", b) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION: return function_allowed(b ? b : "") ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_CREATE_VTABLE: return module_allowed(b ? b : "") ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_OK;
  }
}

void set_limits(sqlite3* db) {
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, kValueBytesMax);
  sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, kStatementBytesMax);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 500);
  sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 200);
  sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 100);
  sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, kPatternBytesMax);
}

void set_switches(sqlite3* db) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // 'text' is a string and "name" an identifier, as in PostgreSQL, and never the other way round.
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
}

}  // namespace

Connection::Connection(sqlite3* raw, PageVfs& vfs)
    : raw_(raw),
      store_(vfs.store()),
      generation_(store_.generation()),
      memory_([](void* self) { return static_cast<Connection*>(self)->should_stop(); }, this),
      turn_(vfs.turns()) {}

Connection::~Connection() {
  const MemoryAccount::Scope scope(memory_);
  sqlite3_close_v2(raw_);
}

Result<std::unique_ptr<Connection>> Connection::open(PageVfs& vfs) {
  sqlite3* raw = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int rc = sqlite3_open_v2(kDatabaseFile, &raw, flags, vfs.name());
  std::unique_ptr<Connection> out(new Connection(raw, vfs));
  if (rc != SQLITE_OK) return Error(Code::kInternal, sqlite3_errmsg(raw));
  const Status configured = out->configure();
  if (!configured) return configured.error();
  return out;
}

Status Connection::configure() {
  sqlite3_extended_result_codes(raw_, 1);
  set_limits(raw_);
  set_switches(raw_);
  // None of these settings touches the store: pages stay in memory until COMMIT, and so do journals
  // and temporary tables. The page size matters only for the first transaction of an empty store.
  const std::string setup =
      "PRAGMA page_size=" + std::to_string(kPageBytes) +
      "; PRAGMA auto_vacuum=NONE; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;"
      " PRAGMA cache_spill=OFF; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=OFF;"
      " PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON; PRAGMA cache_size=-" +
      std::to_string(kCacheKibibytes) +
      "; PRAGMA max_page_count=" + std::to_string(store_.page_count_max());
  const Status ran = execute(setup);
  if (!ran) return ran;
  file_ = &PageFile::of(raw_);
  sqlite3_set_authorizer(raw_, on_authorize, this);
  sqlite3_progress_handler(raw_, kProgressInstructions, on_progress, this);
  return {};
}

Status Connection::execute(const std::string& sql) {
  const TransactionWords words(*this);
  char* message = nullptr;
  const int rc = sqlite3_exec(raw_, sql.c_str(), nullptr, nullptr, &message);
  const std::string text = message ? message : sqlite3_errstr(rc);
  sqlite3_free(message);
  if (rc != SQLITE_OK) return Error(Code::kInternal, text);
  return {};
}

void Connection::interrupt() {
  interrupted_.store(true, std::memory_order_release);
  sqlite3_interrupt(raw_);
}

void Connection::abandon() {
  abandoned_.store(true, std::memory_order_release);
  interrupt();
}

void Connection::arm(Nanos deadline) {
  timed_out_ = false;
  deadline_ = deadline;
  turn_.begin(monotonic_now());
}

bool Connection::should_stop() {
  if (told_to_stop()) return true;
  const Nanos deadline = deadline_;
  if (deadline == 0 || monotonic_now() < deadline) return false;
  timed_out_ = true;
  return true;
}

bool Connection::stops_at_pause() {
  if (in_step_) {  // and not a COMMIT, for which others may wait
    turn_.look(monotonic_now(), [this] { return should_stop(); });
  }
  return should_stop();
}

// Never between steps: a COMMIT is no client's statement, and ends when it ends.
void Connection::look_at_deadline(Nanos now) {
  const std::lock_guard<std::mutex> lock(step_mutex_);
  const Nanos deadline = deadline_;
  if (!in_step_ || deadline == 0 || now < deadline) return;
  timed_out_ = true;
  sqlite3_interrupt(raw_);
}

Connection::Step::Step(Connection& connection) : connection_(connection) {
  const std::lock_guard<std::mutex> lock(connection_.step_mutex_);
  connection_.in_step_ = true;
}

Connection::Step::~Step() {
  const std::lock_guard<std::mutex> lock(connection_.step_mutex_);
  connection_.in_step_ = false;
}

int Connection::on_authorize(void* self, int action, const char* a, const char* b, const char*,
                             const char*) {
  if (action != SQLITE_TRANSACTION && action != SQLITE_SAVEPOINT) return authorize(action, a, b);
  auto* connection = static_cast<Connection*>(self);
  if (connection->transaction_words_) return SQLITE_OK;
  connection->refused_word_ = true;
  return SQLITE_DENY;
}

Connection::TransactionWords::TransactionWords(Connection& connection) : connection_(connection) {
  connection_.transaction_words_ = true;
}

Connection::TransactionWords::~TransactionWords() {
  connection_.transaction_words_ = false;
}

int Connection::on_progress(void* self) {
  auto* connection = static_cast<Connection*>(self);
  if (connection->told_to_stop()) return 1;
  if (++connection->progress_ % kProgressClock != 0) return 0;
  return connection->stops_at_pause() ? 1 : 0;
}

}  // namespace multiaz::dbnode::store
