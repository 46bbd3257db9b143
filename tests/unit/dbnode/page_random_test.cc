// Random workloads: each page of a replica equals its primary's, and threads do not disturb each
// other.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include "base/core/random.h"
#include "tests/unit/dbnode/store_support.h"

namespace multiaz::dbnode::store::test {
namespace {

uint64_t seed_from_environment() {
  const char* text = std::getenv("MULTIAZ_SEED");
  return text ? std::strtoull(text, nullptr, 10) : secret_u64() % 1'000'000;
}

std::string random_statement(Random& random) {
  const std::string id = std::to_string(random.below(400));
  const std::string text = "hex(zeroblob(" + std::to_string(random.below(1500)) + "))";
  switch (random.below(12)) {
    case 0: return "DELETE FROM t WHERE id % 7 = " + std::to_string(random.below(7));
    case 1: return "CREATE INDEX IF NOT EXISTS i" + std::to_string(random.below(3)) + " ON t(b)";
    case 2: return "DROP INDEX IF EXISTS i" + std::to_string(random.below(3));
    case 3: return "UPDATE t SET b=" + text + " WHERE id<" + id;
    case 4: return "CREATE TABLE IF NOT EXISTS u" + id + "(x)";
    case 5: return "DROP TABLE IF EXISTS u" + id;
    case 6: return "INSERT INTO f(title) VALUES('garment " + id + "')";
    case 7: return "SAVEPOINT s; DELETE FROM t; ROLLBACK TO s; RELEASE s";
    default: return "INSERT OR REPLACE INTO t VALUES(" + id + "," + text + ")";
  }
}

void random_transaction(World& world, Connection& db, Random& random) {
  ASSERT_TRUE(db.execute("BEGIN IMMEDIATE").ok());
  for (uint64_t n = 1 + random.below(5); n > 0; n--) {
    const std::string sql = random_statement(random);
    const Status ran = db.execute(sql);
    ASSERT_TRUE(ran.ok()) << sql << ": " << ran.error().text();
  }
  const bool keep = random.percent(85);
  ASSERT_TRUE(db.execute(keep ? "COMMIT" : "ROLLBACK").ok());
  world.publish(db);
  if (random.percent(70)) world.commit_all();
}

TEST(PageRandom, ReplicasAreEqualPageForPage) {
  const uint64_t seed = seed_from_environment();
  SCOPED_TRACE("MULTIAZ_SEED=" + std::to_string(seed));
  Random random(seed);
  World primary, replica;
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < 3; i++) connections.push_back(primary.open(true));
  ASSERT_EQ(primary.run(*connections[0],
                        "CREATE TABLE t(id INTEGER PRIMARY KEY, b TEXT);"
                        "CREATE VIRTUAL TABLE f USING fts5(title)"),
            "");
  for (int i = 0; i < 300; i++) {
    random_transaction(primary, *connections[random.below(3)], random);
    if (HasFatalFailure()) return;
  }
  primary.commit_all();
  primary.feed(replica);
  EXPECT_EQ(primary.pages(), replica.pages());
  auto reader = replica.open();
  EXPECT_EQ(query(*reader, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(query(*reader, "SELECT count(*), sum(length(b)) FROM t"),
            query(*connections[1], "SELECT count(*), sum(length(b)) FROM t"));
  connections.clear();
  const View view = primary.store.pin(Visible::kCommitted);
  // The number may be smaller: a page that was freed before it was written has no version.
  EXPECT_LE(primary.store.versions(), primary.store.page_count(view)) << "old versions are gone";
}

// Money moves between accounts; every snapshot anywhere must see the same total.
struct Bank {
  World primary, replica;
  std::mutex log;  // the loop thread's role: append, publish, commit in one order
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0}, reads{0};
};

void move_money(Bank& bank, uint64_t seed, int rounds) {
  Random random(seed);
  auto db = bank.primary.open(true);
  for (int i = 0; i < rounds; i++) {
    const std::string sql =
        "BEGIN IMMEDIATE; UPDATE a SET n=n-1 WHERE id=" + std::to_string(random.below(100)) +
        "; UPDATE a SET n=n+1 WHERE id=" + std::to_string(random.below(100)) + "; COMMIT";
    std::lock_guard<std::mutex> writer(bank.log);
    if (!db->execute(sql).ok()) bank.wrong++;
    if (!bank.primary.publish(*db)) bank.wrong++;
    if (random.percent(50)) bank.primary.commit_all();
    if (random.percent(30)) {
      while (bank.replica.tail < bank.primary.tail) {
        bank.replica.tail = next(bank.replica.tail);
        const std::string& payload = bank.primary.log[bank.replica.tail.raw - 1];
        if (!bank.replica.store.apply(bank.replica.tail, payload)) bank.wrong++;
      }
    }
  }
}

void count_money(Bank& bank, World& world) {
  auto db = world.open();
  while (!bank.over) {
    if (query(*db, "SELECT sum(n), count(*) FROM a") != "10000|100") bank.wrong++;
    bank.reads++;
  }
}

TEST(PageRandom, ConcurrentReadersAlwaysSeeWholeTransactions) {
  Bank bank;
  auto setup = bank.primary.open(true);
  ASSERT_EQ(bank.primary.run(*setup,
                             "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER); WITH RECURSIVE "
                             "c(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM c WHERE i<99) INSERT "
                             "INTO a SELECT i, 100 FROM c"),
            "");
  bank.primary.feed(bank.replica);
  std::vector<std::thread> threads;
  for (World* world : {&bank.primary, &bank.primary, &bank.replica}) {
    threads.emplace_back([&bank, world] { count_money(bank, *world); });
  }
  std::thread a([&] { move_money(bank, 1, 400); }), b([&] { move_money(bank, 2, 400); });
  a.join();
  b.join();
  bank.over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(bank.wrong, 0);
  EXPECT_GT(bank.reads, 0);
  EXPECT_EQ(bank.primary.tail, Lsn(801));
}

}  // namespace
}  // namespace multiaz::dbnode::store::test
