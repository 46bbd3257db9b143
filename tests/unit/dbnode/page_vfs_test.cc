// SQLite over the page store: what a database must do, and what replication adds.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/core/random.h"
#include "tests/unit/dbnode/store_support.h"

namespace multiaz::dbnode::store::test {
namespace {

TEST(PageVfs, ReadersKeepTheirSnapshotWhileTheWriterPublishes) {
  World world;
  auto writer = world.open(true);
  auto reader = world.open();
  ASSERT_EQ(world.run(*writer, "CREATE TABLE t(a)"), "");
  ASSERT_EQ(world.run(*writer, "INSERT INTO t VALUES(1)"), "");
  EXPECT_EQ(query(*reader, "SELECT a FROM t"), "1");

  ASSERT_TRUE(reader->execute("BEGIN").ok());
  EXPECT_EQ(query(*reader, "SELECT a FROM t"), "1");
  ASSERT_TRUE(writer->execute("UPDATE t SET a=2").ok());
  ASSERT_TRUE(world.publish(*writer));
  EXPECT_EQ(query(*writer, "SELECT a FROM t"), "2") << "the writer goes on from published";
  auto other = world.open();
  EXPECT_EQ(query(*other, "SELECT a FROM t"), "1") << "published is not committed";
  world.commit_all();
  EXPECT_EQ(query(*other, "SELECT a FROM t"), "2");
  EXPECT_EQ(query(*reader, "SELECT a FROM t"), "1") << "its transaction began before";
  ASSERT_TRUE(reader->execute("COMMIT").ok());
  EXPECT_EQ(query(*reader, "SELECT a FROM t"), "2");
}

// Found by clusters that did not start: the tables are published and visible to the next writer,
// but not committed yet, so the same connection then reads the state before them, which is empty.
TEST(PageVfs, AConnectionMaySeeTheFirstVersionThenNothingThenTheFirstVersion) {
  World world;
  auto creator = world.open(true), other = world.open(true);
  ASSERT_TRUE(creator->execute("CREATE TABLE t(a)").ok());
  ASSERT_TRUE(world.publish(*creator));
  EXPECT_EQ(query(*other, "SELECT count(*) FROM t"), "0");
  other->allow_write(false);
  EXPECT_FALSE(other->execute("SELECT count(*) FROM t").ok()) << "published is not committed";
  world.commit_all();
  EXPECT_EQ(query(*other, "SELECT count(*) FROM t"), "0");
}

TEST(PageVfs, AnOutdatedSnapshotMayNotWrite) {
  World world;
  auto a = world.open(true), b = world.open(true);
  ASSERT_EQ(world.run(*a, "CREATE TABLE t(a)"), "");
  ASSERT_TRUE(b->execute("BEGIN").ok());
  EXPECT_EQ(query(*b, "SELECT count(*) FROM t"), "0");
  ASSERT_EQ(world.run(*a, "INSERT INTO t VALUES(1)"), "");
  EXPECT_FALSE(b->execute("INSERT INTO t VALUES(2)").ok());
  EXPECT_EQ(sqlite3_extended_errcode(b->raw()), SQLITE_BUSY_SNAPSHOT);
  EXPECT_EQ(b->last_refusal(), Refusal::kOutdated);
  ASSERT_TRUE(b->execute("ROLLBACK").ok());
  EXPECT_EQ(world.run(*b, "INSERT INTO t VALUES(2)"), "");
}

TEST(PageVfs, OneWriterAtATime) {
  World world;
  auto a = world.open(true), b = world.open(true);
  ASSERT_TRUE(a->execute("BEGIN IMMEDIATE; CREATE TABLE t(a)").ok());
  EXPECT_FALSE(b->execute("BEGIN IMMEDIATE").ok());
  EXPECT_EQ(b->last_refusal(), Refusal::kBusy);
  ASSERT_TRUE(a->execute("COMMIT").ok());
  EXPECT_FALSE(b->execute("BEGIN IMMEDIATE").ok()) << "sealed, not published: still reserved";
  ASSERT_TRUE(world.publish(*a));
  EXPECT_TRUE(b->execute("BEGIN IMMEDIATE").ok());
}

TEST(PageVfs, RollbackAndSavepointsLeaveNothingBehind) {
  World world;
  auto db = world.open(true);
  ASSERT_EQ(world.run(*db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE)"), "");
  ASSERT_TRUE(db->execute("BEGIN; INSERT INTO t VALUES(1,'x'); ROLLBACK").ok());
  EXPECT_FALSE(db->take_commit());
  ASSERT_EQ(world.run(*db,
                      "BEGIN; INSERT INTO t VALUES(1,'x'); SAVEPOINT s;"
                      "INSERT INTO t VALUES(2,'y'); ROLLBACK TO s; COMMIT"),
            "");
  EXPECT_FALSE(db->execute("INSERT INTO t VALUES(5,'z'),(6,'x')").ok());
  EXPECT_FALSE(db->take_commit());
  EXPECT_EQ(query(*db, "SELECT a,b FROM t"), "1|x");
  EXPECT_EQ(world.run(*db, "BEGIN; COMMIT"), "");
  EXPECT_EQ(world.tail, Lsn(2)) << "an empty transaction makes no record";
  EXPECT_EQ(query(*db, "PRAGMA integrity_check"), "ok");
}

TEST(PageVfs, AReadOnlyConnectionRefusesWrites) {
  World world;
  auto writer = world.open(true), reader = world.open();
  ASSERT_EQ(world.run(*writer, "CREATE TABLE t(a)"), "");
  EXPECT_FALSE(reader->execute("INSERT INTO t VALUES(1)").ok());
  EXPECT_EQ(reader->last_refusal(), Refusal::kReadOnly);
}

TEST(PageVfs, AReplicaFollowsAndItsReadersNotice) {
  World primary, replica;
  auto db = primary.open(true);
  auto reader = replica.open();
  ASSERT_EQ(primary.run(*db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)"), "");
  primary.feed(replica);
  EXPECT_EQ(query(*reader, "SELECT a FROM t"), "1");
  ASSERT_EQ(primary.run(*db, "UPDATE t SET a=2"), "");
  primary.feed(replica);
  EXPECT_EQ(query(*reader, "SELECT a FROM t"), "2");
  ASSERT_EQ(primary.run(*db, "ALTER TABLE t ADD COLUMN b DEFAULT 9"), "");
  primary.feed(replica);
  EXPECT_EQ(query(*reader, "SELECT a,b FROM t"), "2|9");
  EXPECT_EQ(primary.pages(), replica.pages());
}

TEST(PageVfs, ARecordForAnotherVersionIsRefused) {
  World primary, replica;
  auto db = primary.open(true);
  ASSERT_EQ(primary.run(*db, "CREATE TABLE t(a)"), "");
  ASSERT_EQ(primary.run(*db, "INSERT INTO t VALUES(1)"), "");
  const Status applied = replica.store.apply(Lsn(2), primary.log[1]);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, Code::kCorrupt);
}

// A writer that saw the first version, gave up, and reads the empty database once more before that
// version is committed.
TEST(PageVfs, AConnectionMayGoBackToTheEmptyDatabase) {
  World world;
  auto first = world.open(true), second = world.open(true);
  EXPECT_EQ(query(*second, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(query(*second, "SELECT count(*) FROM t"), "error: no such table: t");
  ASSERT_TRUE(first->execute("CREATE TABLE t(a)").ok());
  ASSERT_TRUE(world.publish(*first));
  ASSERT_TRUE(second->execute("BEGIN IMMEDIATE; SELECT count(*) FROM t; ROLLBACK").ok());
  second->allow_write(false);
  EXPECT_EQ(query(*second, "SELECT count(*) FROM t"), "error: no such table: t");
  world.commit_all();
  EXPECT_EQ(query(*second, "SELECT count(*) FROM t"), "0");
}

TEST(PageVfs, AOneRowUpdateIsASmallRecord) {
  World world;
  auto db = world.open(true);
  ASSERT_EQ(world.run(*db, "CREATE TABLE stock(id INTEGER PRIMARY KEY, name TEXT, n INTEGER)"), "");
  ASSERT_EQ(world.run(*db,
                      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE "
                      "i<1000) INSERT INTO stock SELECT i, 'garment ' || i, 100 FROM c"),
            "");
  ASSERT_EQ(world.run(*db, "UPDATE stock SET n=n-1 WHERE id=500"), "");
  EXPECT_LE(world.log.back().size(), 40u);
  ASSERT_EQ(world.run(*db, "INSERT INTO stock VALUES(1001,'a new garment',5)"), "");
  EXPECT_LE(world.log.back().size(), 120u);
}

TEST(PageVfs, FullTextSearchWorksAndReplicates) {
  World primary, replica;
  auto db = primary.open(true);
  ASSERT_EQ(primary.run(*db, "CREATE VIRTUAL TABLE f USING fts5(title, body)"), "");
  ASSERT_EQ(primary.run(*db, "INSERT INTO f VALUES('red shirt','cotton'),('blue jeans','denim')"),
            "");
  ASSERT_EQ(primary.run(*db, "INSERT INTO f(f) VALUES('optimize')"), "");
  primary.feed(replica);
  auto reader = replica.open();
  EXPECT_EQ(query(*reader, "SELECT title FROM f WHERE f MATCH 'denim'"), "blue jeans");
  EXPECT_EQ(query(*reader, "PRAGMA integrity_check"), "ok");
}

TEST(PageVfs, RolledBackVersionsAreGoneAndTheirConnectionsKnow) {
  World world;
  auto writer = world.open(true);
  ASSERT_EQ(world.run(*writer, "CREATE TABLE t(a); INSERT INTO t VALUES(1)"), "");
  const Lsn kept = world.tail;
  ASSERT_TRUE(writer->execute("UPDATE t SET a=2").ok());
  ASSERT_TRUE(world.publish(*writer));
  auto other = world.open(true);
  ASSERT_TRUE(other->execute("BEGIN IMMEDIATE; UPDATE t SET a=3").ok());
  world.store.rollback(kept);
  EXPECT_TRUE(writer->stale());
  EXPECT_FALSE(other->execute("COMMIT").ok() && world.publish(*other));
  other.reset();
  auto fresh = world.open(true);
  EXPECT_EQ(query(*fresh, "SELECT a FROM t"), "1");
  EXPECT_EQ(query(*fresh, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(world.run(*fresh, "UPDATE t SET a=4"), "") << "the reservation was given back";
}

TEST(PageVfs, ASealedTransactionDiesWithTheVersionItWasMadeOn) {
  World world;
  auto db = world.open(true);
  ASSERT_EQ(world.run(*db, "CREATE TABLE t(a)"), "");
  ASSERT_TRUE(db->execute("INSERT INTO t VALUES(1)").ok());
  ASSERT_TRUE(world.publish(*db));
  ASSERT_TRUE(db->execute("INSERT INTO t VALUES(2)").ok());
  auto commit = db->take_commit();
  ASSERT_TRUE(commit);
  world.store.rollback(Lsn(1));
  EXPECT_FALSE(commit->publish(Lsn(2)));
  EXPECT_EQ(world.store.published(), Lsn(1));
}

TEST(PageVfs, AFullStoreSaysSoAndLosesNothing) {
  World world(20 * kPageBytes);
  auto db = world.open(true);
  ASSERT_EQ(world.run(*db, "CREATE TABLE t(a)"), "");
  ASSERT_EQ(world.run(*db, "INSERT INTO t VALUES('kept')"), "");
  EXPECT_EQ(world.run(*db, "INSERT INTO t VALUES(zeroblob(200000))"), "database or disk is full");
  EXPECT_FALSE(db->take_commit());
  EXPECT_EQ(query(*db, "SELECT a FROM t"), "kept");
  EXPECT_EQ(query(*db, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(world.run(*db, "DELETE FROM t"), "");
}

TEST(PageVfs, ATransactionTooLargeForOneRecordRollsBack) {
  World world;
  auto db = world.open(true);
  ASSERT_EQ(world.run(*db, "CREATE TABLE t(a)"), "");
  ASSERT_TRUE(db->execute("BEGIN").ok());
  for (int i = 0; i < 9; i++) {
    ASSERT_TRUE(db->execute("INSERT INTO t VALUES(zeroblob(8000000))").ok());
  }
  EXPECT_FALSE(db->execute("COMMIT").ok());
  EXPECT_EQ(db->last_refusal(), Refusal::kTooLarge);
  EXPECT_TRUE(sqlite3_get_autocommit(db->raw())) << "SQLite rolled back";
  EXPECT_EQ(query(*db, "SELECT count(*) FROM t"), "0");
}

TEST(PageVfs, SqlCannotReachFilesOrTheStoresSettings) {
  World world;
  auto db = world.open(true);
  ASSERT_EQ(world.run(*db, "CREATE TABLE t(a)"), "");
  for (const char* sql : {"ATTACH '/tmp/x.db' AS x",
                          "ATTACH ':memory:' AS x",
                          "DETACH main",
                          "VACUUM",
                          "VACUUM INTO '/tmp/x.db'",
                          "SELECT load_extension('/tmp/x.so')",
                          "PRAGMA journal_mode=WAL",
                          "PRAGMA journal_mode=DELETE",
                          "PRAGMA locking_mode=EXCLUSIVE",
                          "PRAGMA synchronous=FULL",
                          "PRAGMA writable_schema=ON",
                          "PRAGMA temp_store=FILE",
                          "PRAGMA max_page_count=1",
                          "PRAGMA cache_spill=ON",
                          "PRAGMA foreign_keys=OFF",
                          "PRAGMA wal_checkpoint",
                          "SELECT fts3_tokenizer('simple')",
                          "SELECT * FROM pragma_journal_mode('WAL')",
                          "CREATE VIRTUAL TABLE v USING dbstat",
                          "UPDATE sqlite_schema SET sql='x'"}) {
    EXPECT_FALSE(db->execute(sql).ok()) << sql;
  }
  for (const char* sql : {"PRAGMA table_info(t)", "PRAGMA journal_mode", "PRAGMA quick_check",
                          "SELECT name FROM pragma_table_info('t')", "PRAGMA user_version=7"}) {
    EXPECT_EQ(world.run(*db, sql), "") << sql;
  }
  EXPECT_EQ(query(*db, "PRAGMA user_version"), "7");
}

TEST(PageVfs, SortsAndTemporaryTablesNeedNoFile) {
  World world;
  auto db = world.open(true);
  ASSERT_EQ(world.run(*db, "CREATE TEMP TABLE big(a, b)"), "");
  ASSERT_EQ(world.run(*db,
                      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE "
                      "i<20000) INSERT INTO big SELECT i, hex(randomblob(100)) FROM c"),
            "");
  EXPECT_EQ(query(*db, "SELECT count(*) FROM (SELECT * FROM big ORDER BY b)"), "20000");
}

TEST(PageVfs, InterruptAndDeadlineEndAStatementButNotTheNext) {
  World world;
  auto db = world.open();
  const std::string endless =
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c) SELECT count(*) FROM c";
  db->arm(monotonic_now() + 20 * kMillisecond);
  EXPECT_EQ(query(*db, endless), "error: interrupted");
  EXPECT_TRUE(db->timed_out());
  db->arm(0);
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    db->interrupt();
  });
  EXPECT_EQ(query(*db, endless), "error: interrupted");
  other.join();
  EXPECT_FALSE(db->timed_out());
  db->forget_interrupt();
  EXPECT_EQ(query(*db, "SELECT 1"), "1");
}

}  // namespace
}  // namespace multiaz::dbnode::store::test
