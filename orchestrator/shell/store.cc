#include "orchestrator/shell/store.h"

#include <sqlite3.h>

#include <cstdlib>
#include <memory>

namespace multiaz::orchestrator {

namespace {

constexpr const char* kSchema[] = {
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",   // events alone do not need a sync each
    "PRAGMA busy_timeout=2000",  // an orchestrator that was just killed may still hold the file
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS launches(id TEXT PRIMARY KEY, launch INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS groups(name TEXT PRIMARY KEY, state TEXT) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS events(seq INTEGER PRIMARY KEY, event TEXT)",
    "CREATE TABLE IF NOT EXISTS zone_holds(zone TEXT PRIMARY KEY, until INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS zone_shifts(zone TEXT PRIMARY KEY, until INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS faults(id TEXT PRIMARY KEY, fault TEXT) WITHOUT ROWID",
};

uint64_t number(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 10);
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(
      path.c_str(), &db,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
      nullptr);
  auto store = std::make_unique<Store>(db);
  if (opened != SQLITE_OK) return Error(Code::kIo, path + ": " + sqlite3_errmsg(db));
  for (const char* sql : kSchema) {
    const auto done = store->query(sql);
    if (!done) return Error(done.error().code, path + ": " + done.error().detail);
  }
  return Result<std::unique_ptr<Store>>(std::move(store));
}

Store::~Store() {
  sqlite3_close(db_);
}

Error Store::last_error(const char* sql) {
  return Error(Code::kIo, std::string(sqlite3_errmsg(db_)) + " (" + sql + ")");
}

Result<Store::Rows> Store::query(const char* sql, const Row& parameters) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) != SQLITE_OK) return last_error(sql);
  for (size_t i = 0; i < parameters.size(); ++i) {
    sqlite3_bind_text(statement, static_cast<int>(i) + 1, parameters[i].data(),
                      static_cast<int>(parameters[i].size()), SQLITE_TRANSIENT);
  }
  Rows rows;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
    Row row;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      row.emplace_back(text ? text : "", static_cast<size_t>(sqlite3_column_bytes(statement, i)));
    }
    rows.push_back(std::move(row));
  }
  if (step != SQLITE_DONE) {
    const Error error = last_error(sql);
    sqlite3_finalize(statement);
    return error;
  }
  sqlite3_finalize(statement);
  return rows;
}

Status Store::execute(const char* sql, const Row& parameters) {
  const auto rows = query(sql, parameters);
  return rows ? Status() : rows.error();
}

Status Store::replace_all(const char* clear, const char* insert, const Rows& rows) {
  Status done = execute("BEGIN IMMEDIATE");
  if (done && clear) done = execute(clear);
  for (size_t i = 0; done && i < rows.size(); ++i) done = execute(insert, rows[i]);
  if (done) done = execute("COMMIT");
  if (!done) (void)execute("ROLLBACK");
  return done;
}

Result<std::string> Store::meta(const std::string& key) {
  const auto rows = query("SELECT value FROM meta WHERE key=?1", {key});
  if (!rows) return rows.error();
  return rows->empty() ? std::string() : (*rows)[0][0];
}

Status Store::set_meta(const std::string& key, const std::string& value) {
  return execute("INSERT OR REPLACE INTO meta VALUES(?1,?2)", {key, value});
}

Result<std::map<std::string, uint64_t>> Store::launches() {
  const auto rows = query("SELECT id, launch FROM launches");
  if (!rows) return rows.error();
  std::map<std::string, uint64_t> out;
  for (const Row& row : *rows) out[row[0]] = number(row[1]);
  return out;
}

Status Store::set_launches(const std::map<std::string, uint64_t>& launches) {
  Rows rows;
  for (const auto& [id, launch] : launches) rows.push_back({id, std::to_string(launch)});
  return replace_all(nullptr, "INSERT OR REPLACE INTO launches VALUES(?1,CAST(?2 AS INTEGER))",
                     rows);
}

Result<std::string> Store::group_state(const std::string& group) {
  const auto rows = query("SELECT state FROM groups WHERE name=?1", {group});
  if (!rows) return rows.error();
  return rows->empty() ? std::string() : (*rows)[0][0];
}

Status Store::set_group_state(const std::string& group, const std::string& state) {
  return execute("INSERT OR REPLACE INTO groups VALUES(?1,?2)", {group, state});
}

Status Store::add_events(const std::vector<std::pair<uint64_t, std::string>>& events) {
  Rows rows;
  for (const auto& [seq, text] : events) rows.push_back({std::to_string(seq), text});
  (void)execute("PRAGMA synchronous=NORMAL");
  Status done =
      replace_all(nullptr, "INSERT OR REPLACE INTO events VALUES(CAST(?1 AS INTEGER),?2)", rows);
  const Status synced = execute("PRAGMA synchronous=FULL");
  if (done) done = synced;
  untrimmed_ += events.size();
  if (done && untrimmed_ >= kEventsTrimEvery) done = trim_events();
  return done;
}

Status Store::trim_events() {
  untrimmed_ = 0;
  return execute("DELETE FROM events WHERE seq <= (SELECT max(seq) FROM events) - ?1",
                 {std::to_string(kEventsKeptMax)});
}

Result<std::vector<std::string>> Store::last_events(size_t count) {
  const Status trimmed = trim_events();
  if (!trimmed) return trimmed.error();
  const auto rows = query(
      "SELECT event FROM (SELECT seq, event FROM events ORDER BY seq DESC "
      "LIMIT CAST(?1 AS INTEGER)) ORDER BY seq",
      {std::to_string(count)});
  if (!rows) return rows.error();
  std::vector<std::string> out;
  for (const Row& row : *rows) out.push_back(row[0]);
  return out;
}

Result<std::map<std::string, uint64_t>> Store::zone_holds() {
  const auto rows = query("SELECT zone, until FROM zone_holds");
  if (!rows) return rows.error();
  std::map<std::string, uint64_t> out;
  for (const Row& row : *rows) out[row[0]] = number(row[1]);
  return out;
}

Status Store::set_zone_holds(const std::map<std::string, uint64_t>& holds) {
  Rows rows;
  for (const auto& [zone, until] : holds) rows.push_back({zone, std::to_string(until)});
  return replace_all("DELETE FROM zone_holds",
                     "INSERT INTO zone_holds VALUES(?1,CAST(?2 AS INTEGER))", rows);
}

Result<std::map<std::string, uint64_t>> Store::zone_shifts() {
  const auto rows = query("SELECT zone, until FROM zone_shifts");
  if (!rows) return rows.error();
  std::map<std::string, uint64_t> out;
  for (const Row& row : *rows) out[row[0]] = number(row[1]);
  return out;
}

Status Store::set_zone_shifts(const std::map<std::string, uint64_t>& shifts) {
  Rows rows;
  for (const auto& [zone, until] : shifts) rows.push_back({zone, std::to_string(until)});
  return replace_all("DELETE FROM zone_shifts",
                     "INSERT INTO zone_shifts VALUES(?1,CAST(?2 AS INTEGER))", rows);
}

Result<std::map<std::string, std::string>> Store::faults() {
  const auto rows = query("SELECT id, fault FROM faults");
  if (!rows) return rows.error();
  std::map<std::string, std::string> out;
  for (const Row& row : *rows) out[row[0]] = row[1];
  return out;
}

Status Store::set_faults(const std::map<std::string, std::string>& faults) {
  Rows rows;
  for (const auto& [id, text] : faults) rows.push_back({id, text});
  return replace_all("DELETE FROM faults", "INSERT INTO faults VALUES(?1,?2)", rows);
}

}  // namespace multiaz::orchestrator
