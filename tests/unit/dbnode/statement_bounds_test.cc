// The tests bound what one statement may cost: memory, rows in one sort, and time where SQLite
// never reads the clock.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "dbnode/store/memory.h"
#include "session_support.h"
#include "store_support.h"

namespace multiaz::dbnode {
namespace {

using test::Node;
using test::Talk;

// The bound that a test sets, and the usual one behind it.
struct SmallBound {
  explicit SmallBound(int64_t bytes) { store::set_connection_bytes_max(bytes); }
  ~SmallBound() { store::set_connection_bytes_max(store::kConnectionBytesMax); }
};

std::string sorted(int rows) {
  return "SELECT count(*) FROM (WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c LIMIT " +
         std::to_string(rows) + ") SELECT x FROM c ORDER BY (x*7919)%100003 LIMIT 1000000)";
}

TEST(StatementBounds, WhatIsSortedAtOnceIsBounded) {
  const SmallBound bound(int64_t{4} << 20);
  Node node;
  Talk talk(node);
  EXPECT_EQ(talk.query(sorted(10'000)), "T(count:20) D(10000) C(SELECT 1) Z(I)");
  EXPECT_EQ(talk.query(sorted(300'000)).substr(0, 7), "E(53200");
  EXPECT_EQ(talk.query(sorted(10'000)), "T(count:20) D(10000) C(SELECT 1) Z(I)");
}

TEST(StatementBounds, AllocationsAreGivenBackHoweverOften) {
  const SmallBound bound(int64_t{4} << 20);
  Node node;
  Talk talk(node);
  for (int i = 0; i < 20; i++) {
    EXPECT_EQ(talk.query(sorted(8'000)), "T(count:20) D(8000) C(SELECT 1) Z(I)") << i;
  }
}

// An instruction that looks at nothing but whether it was interrupted, as SQLite's check of all
// pages does. 0 = it was; 1 = never within two seconds.
void busy(sqlite3_context* context, int, sqlite3_value**) {
  sqlite3* db = sqlite3_context_db_handle(context);
  const Nanos until = monotonic_now() + 2 * kSecond;
  int interrupted = SQLITE_OK;
  while (interrupted != SQLITE_INTERRUPT && monotonic_now() < until) {
    sqlite3_stmt* one = nullptr;
    interrupted = sqlite3_prepare_v2(db, "SELECT 1", -1, &one, nullptr);  // it may come here, too
    if (interrupted == SQLITE_OK) interrupted = sqlite3_step(one);
    sqlite3_finalize(one);
  }
  sqlite3_result_int(context, interrupted == SQLITE_INTERRUPT ? 0 : 1);
}

// Returns what `busy()` says. Meanwhile another thread looks at the deadline, as the loop does.
int run_busy(store::Connection& db, Nanos deadline) {
  CHECK(sqlite3_create_function(db.raw(), "busy", 0, SQLITE_UTF8, nullptr, busy, nullptr,
                                nullptr) == SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  CHECK(sqlite3_prepare_v2(db.raw(), "SELECT busy()", -1, &statement, nullptr) == SQLITE_OK);
  std::atomic<bool> done{false};
  std::thread looks([&] {
    while (!done) {
      db.look_at_deadline(monotonic_now());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  db.arm(deadline);
  {
    const store::Connection::Step step(db);
    (void)sqlite3_step(statement);
  }
  const int said = sqlite3_column_int(statement, 0);
  done = true;
  looks.join();
  sqlite3_finalize(statement);
  return said;
}

TEST(StatementBounds, AnInstructionThatAsksNobodyForTheTimeEndsAtItsDeadline) {
  store::test::World world;
  const auto db = world.open();
  sqlite3_progress_handler(db->raw(), 0, nullptr, nullptr);  // it is not asked inside one
  const Nanos began = monotonic_now();
  EXPECT_EQ(run_busy(*db, began + 50 * kMillisecond), 0);
  EXPECT_LT(monotonic_now() - began, 2 * kSecond);
  EXPECT_TRUE(db->timed_out());
  // Whatever runs outside of a client's step, a COMMIT for one, is left alone.
  db->arm(monotonic_now() - 1);
  db->look_at_deadline(monotonic_now());
  EXPECT_FALSE(db->timed_out());
  EXPECT_EQ(store::test::query(*db, "SELECT 1"), "1");
}

}  // namespace
}  // namespace multiaz::dbnode
