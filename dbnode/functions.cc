#include "dbnode/functions.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "base/core/clock.h"
#include "base/core/random.h"
#include "dbnode/pg_binary.h"

namespace multiaz::dbnode {
namespace {

constexpr double kSleepSecondsMax = 3600;
constexpr int kSleepSliceMs = 10;  // how often a sleep looks whether it was cancelled

// Lives as long as the functions that point to it.
struct Context {
  const Facts& facts;
  Settings& settings;
  store::Connection& connection;
};

const Context& context(sqlite3_context* call) {
  return *static_cast<const Context*>(sqlite3_user_data(call));
}

void give(sqlite3_context* call, const std::string& text) {
  sqlite3_result_text64(call, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void sql_version(sqlite3_context* call, int, sqlite3_value**) {
  give(call, std::string("PostgreSQL 15.0 (multiaz), on SQLite ") + sqlite3_libversion());
}
void sql_database(sqlite3_context* call, int, sqlite3_value**) {
  give(call, "shop");
}
void sql_schema(sqlite3_context* call, int, sqlite3_value**) {
  give(call, "main");
}
void sql_user(sqlite3_context* call, int, sqlite3_value**) {
  give(call, "shop");
}
void sql_now(sqlite3_context* call, int, sqlite3_value**) {
  std::string text = wall_text(wall_now_ms());  // the form is 2026-11-20T23:48:26.123Z
  text[10] = ' ';
  text.resize(text.size() - 1);
  give(call, text);
}
void sql_pid(sqlite3_context* call, int, sqlite3_value**) {
  sqlite3_result_int(call, context(call).facts.pid);
}
void sql_in_recovery(sqlite3_context* call, int, sqlite3_value**) {
  sqlite3_result_int(call, context(call).facts.role == "primary" ? 0 : 1);
}
void sql_role(sqlite3_context* call, int, sqlite3_value**) {
  give(call, context(call).facts.role);
}
void sql_id(sqlite3_context* call, int, sqlite3_value**) {
  give(call, context(call).facts.id);
}
void sql_zone(sqlite3_context* call, int, sqlite3_value**) {
  give(call, context(call).facts.zone);
}
void sql_epoch(sqlite3_context* call, int, sqlite3_value**) {
  sqlite3_result_int64(call, static_cast<sqlite3_int64>(context(call).facts.epoch));
}
void sql_lsn(sqlite3_context* call, int, sqlite3_value**) {
  sqlite3_result_int64(call, static_cast<sqlite3_int64>(context(call).facts.lsn));
}

// Writes a position as PostgreSQL writes a pg_lsn. Here the primary has always replayed what it
// has.
void sql_wal_lsn(sqlite3_context* call, int, sqlite3_value**) {
  const uint64_t lsn = context(call).facts.lsn;
  char text[32];
  std::snprintf(text, sizeof text, "%X/%X", static_cast<unsigned>(lsn >> 32),
                static_cast<unsigned>(lsn));
  give(call, text);
}

void sql_setting(sqlite3_context* call, int, sqlite3_value** arguments) {
  const auto* name = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  const auto value = context(call).settings.show(name ? name : "");
  if (!value) return sqlite3_result_error(call, value.error().detail.c_str(), -1);
  give(call, *value);
}

// set_config(name, value, is_local): SET as a function.
void sql_set_config(sqlite3_context* call, int, sqlite3_value** arguments) {
  const auto text = [arguments](int i) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(arguments[i]));
    const auto size = static_cast<size_t>(sqlite3_value_bytes(arguments[i]));
    return bytes ? std::string_view(bytes, size) : std::string_view();
  };
  Settings& settings = context(call).settings;
  const bool local = parse_bool(text(2)).ok() && *parse_bool(text(2));
  auto changed = settings.set(text(0), text(1), local);
  if (!changed) return sqlite3_result_error(call, changed.error().detail.c_str(), -1);
  settings.report_later(std::move(*changed));
  const auto value = settings.show(text(0));
  give(call, value ? *value : std::string());
}

// The thread really sleeps, and a cancel or time-out wakes it.
void sql_sleep(sqlite3_context* call, int, sqlite3_value** arguments) {
  const double seconds = std::min(sqlite3_value_double(arguments[0]), kSleepSecondsMax);
  const Nanos until = monotonic_now() + static_cast<Nanos>(std::max(seconds, 0.0) * 1e9);
  while (monotonic_now() < until) {
    if (context(call).connection.should_stop()) {
      return sqlite3_result_error_code(call, SQLITE_INTERRUPT);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kSleepSliceMs));
  }
  give(call, "");
}

void sql_uuid(sqlite3_context* call, int, sqlite3_value**) {
  std::string hex = secret_hex(16);
  hex[12] = '4';
  hex[16] = "89ab"[static_cast<uint8_t>(hex[16]) % 4];
  for (const size_t at : {8u, 13u, 18u, 23u}) hex.insert(at, "-");
  give(call, hex);
}

struct Row {
  const char* name;
  int arguments;
  void (*run)(sqlite3_context*, int, sqlite3_value**);
};
constexpr Row kFunctions[] = {
    {"version", 0, sql_version},
    {"current_database", 0, sql_database},
    {"current_catalog", 0, sql_database},
    {"current_schema", 0, sql_schema},
    {"current_user", 0, sql_user},
    {"current_role", 0, sql_user},
    {"session_user", 0, sql_user},
    {"now", 0, sql_now},
    {"clock_timestamp", 0, sql_now},
    {"pg_backend_pid", 0, sql_pid},
    {"pg_is_in_recovery", 0, sql_in_recovery},
    {"pg_current_wal_lsn", 0, sql_wal_lsn},
    {"pg_last_wal_replay_lsn", 0, sql_wal_lsn},
    {"current_setting", 1, sql_setting},
    {"set_config", 3, sql_set_config},
    {"pg_sleep", 1, sql_sleep},
    {"gen_random_uuid", 0, sql_uuid},
    {"multiaz_id", 0, sql_id},
    {"multiaz_zone", 0, sql_zone},
    {"multiaz_role", 0, sql_role},
    {"multiaz_epoch", 0, sql_epoch},
    {"multiaz_lsn", 0, sql_lsn},
};

}  // namespace

Status add_functions(store::Connection& connection, const Facts& facts, Settings& settings) {
  for (const Row& row : kFunctions) {
    auto* data = new Context{facts, settings, connection};
    const int rc = sqlite3_create_function_v2(
        connection.raw(), row.name, row.arguments, SQLITE_UTF8 | SQLITE_DIRECTONLY, data, row.run,
        nullptr, nullptr, [](void* context) { delete static_cast<Context*>(context); });
    if (rc != SQLITE_OK) return Error(Code::kInternal, sqlite3_errstr(rc));
  }
  return {};
}

}  // namespace multiaz::dbnode
