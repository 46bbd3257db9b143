// A primary without a network: a store, its connections, and the log of what they committed.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "dbnode/store/connection.h"
#include "dbnode/store/page_store.h"

namespace multiaz::dbnode::store::test {

// The rows of a query as "a|b;c|d"; "error: ..." when it fails. Steps like any client would.
inline std::string query(Connection& db, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db.raw(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    return std::string("error: ") + sqlite3_errmsg(db.raw());
  }
  std::string out;
  int rc;
  while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
    if (!out.empty()) out += ';';
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      out += (i ? "|" : "") + std::string(text ? text : "NULL");
    }
  }
  sqlite3_finalize(statement);
  return rc == SQLITE_DONE ? out : std::string("error: ") + sqlite3_errmsg(db.raw());
}

struct World {
  explicit World(uint64_t bytes_max = kStoreBytesMaxDefault) : store(bytes_max), vfs(store) {}

  std::unique_ptr<Connection> open(bool writer = false) {
    auto connection = Connection::open(vfs);
    EXPECT_TRUE(connection.ok()) << (connection ? "" : connection.error().text());
    (*connection)->allow_write(writer);
    return std::move(*connection);
  }

  // Appends and publishes what `db` sealed; readers do not see it before commit_all().
  bool publish(Connection& db) {
    auto commit = db.take_commit();
    if (!commit) return false;
    log.push_back(commit->take_payload());
    tail = next(tail);
    return commit->publish(tail);
  }
  void commit_all() { store.commit(tail); }
  // Runs `sql` in one transaction and commits it: "" or the error.
  std::string run(Connection& db, const std::string& sql) {
    const bool bare = sql.rfind("BEGIN", 0) != 0;
    const Status ran = db.execute(bare ? "BEGIN IMMEDIATE; " + sql + "; COMMIT" : sql);
    if (!ran) {
      (void)db.execute("ROLLBACK");  // an error when SQLite did it already
      return ran.error().detail;
    }
    if (publish(db)) commit_all();
    return "";
  }
  // Applies to `replica` the records it does not have yet.
  void feed(World& replica) const {
    while (replica.tail < tail) {
      replica.tail = next(replica.tail);
      const Status applied = replica.store.apply(replica.tail, log[replica.tail.raw - 1]);
      ASSERT_TRUE(applied.ok()) << applied.error().text();
      replica.log.push_back(log[replica.tail.raw - 1]);
    }
  }
  std::string pages() {
    Lsn lsn;
    std::string all;
    for (const std::string& chunk : store.save(lsn, 1 << 20)) all += chunk;
    return all;
  }

  PageStore store;
  PageVfs vfs;
  Lsn tail;
  std::vector<std::string> log;
};

}  // namespace multiaz::dbnode::store::test
