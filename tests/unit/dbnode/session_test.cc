// The protocol, message by message.
#include <gtest/gtest.h>

#include "tests/unit/dbnode/session_support.h"

namespace multiaz::dbnode::test {
namespace {

using namespace wire::pg;  // NOLINT: message names

TEST(Session, AnswersASimpleQueryStatementByStatement) {
  Node node;
  Talk talk(node);
  EXPECT_EQ(talk.query("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, price NUMERIC)"),
            "C(CREATE TABLE) Z(I)");
  EXPECT_EQ(talk.query("INSERT INTO t VALUES(1,'shirt',19.5),(2,'hat',NULL); SELECT * FROM t"),
            "C(INSERT 0 2) T(id:20 name:25 price:1700) D(1|shirt|19.5) D(2|hat|NULL) C(SELECT 2) "
            "Z(I)");
  EXPECT_EQ(talk.query("UPDATE t SET price=7 WHERE id>0"), "C(UPDATE 2) Z(I)");
  EXPECT_EQ(talk.query("DELETE FROM t WHERE id=1 RETURNING name"),
            "T(name:25) D(shirt) C(DELETE 1) Z(I)");
  EXPECT_EQ(talk.query(" ; -- nothing\n"), "I Z(I)");
  EXPECT_EQ(talk.query("SELECT count(*), 1.5, 'x' FROM t"),
            "T(count:20 1.5:701 'x':25) D(1|1.5|x) C(SELECT 1) Z(I)");
  EXPECT_EQ(talk.query("SELECT name FROM t WHERE false"), "T(name:25) C(SELECT 0) Z(I)");
}

TEST(Session, AFailedStatementRollsBackTheWholeQueryMessage) {
  Node node;
  Talk talk(node);
  talk.query("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  EXPECT_EQ(talk.query("INSERT INTO t VALUES(1); INSERT INTO t VALUES(1); SELECT 1"),
            "C(INSERT 0 1) E(23505 duplicate key value violates unique constraint \"t_pkey\") "
            "Z(I)");
  EXPECT_EQ(talk.query("SELECT count(*) FROM t"), "T(count:20) D(0) C(SELECT 1) Z(I)");
  EXPECT_EQ(node.tail, Lsn(1));
}

TEST(Session, BlocksCommitRollBackAndFailAsInPostgres) {
  Node node;
  Talk talk(node);
  talk.query("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  EXPECT_EQ(talk.query("BEGIN"), "C(BEGIN) Z(T)");
  EXPECT_EQ(talk.query("INSERT INTO t VALUES(1)"), "C(INSERT 0 1) Z(T)");
  EXPECT_EQ(talk.query("BEGIN"), "N(25001) C(BEGIN) Z(T)");
  EXPECT_EQ(talk.query("SELECT nope"), "E(42703 column \"nope\" does not exist) Z(E)");
  EXPECT_EQ(talk.query("SELECT 1"),
            "E(25P02 current transaction is aborted, commands ignored until end of transaction "
            "block) Z(E)");
  EXPECT_EQ(talk.query("COMMIT"), "C(ROLLBACK) Z(I)");
  EXPECT_EQ(talk.query("SELECT count(*) FROM t"), "T(count:20) D(0) C(SELECT 1) Z(I)");
  EXPECT_EQ(talk.query("START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY"),
            "C(START TRANSACTION) Z(T)");
  EXPECT_EQ(talk.query("INSERT INTO t VALUES(1)"),
            "E(25006 cannot execute INSERT in a read-only transaction) Z(E)");
  EXPECT_EQ(talk.query("ROLLBACK"), "C(ROLLBACK) Z(I)");
  EXPECT_EQ(talk.query("COMMIT"), "N(25P01) C(COMMIT) Z(I)");
  EXPECT_EQ(talk.query("BEGIN; INSERT INTO t VALUES(5); COMMIT; SELECT id FROM t"),
            "C(BEGIN) C(INSERT 0 1) C(COMMIT) T(id:20) D(5) C(SELECT 1) Z(I)");
}

TEST(Session, SavepointsWorkBeforeAndAfterTheFirstWrite) {
  Node node;
  Talk talk(node);
  talk.query("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  EXPECT_EQ(talk.query("SAVEPOINT a"),
            "E(25P01 SAVEPOINT can only be used in transaction blocks) Z(I)");
  talk.query("BEGIN; SAVEPOINT a");
  EXPECT_EQ(talk.query("SELECT nope"), "E(42703 column \"nope\" does not exist) Z(E)");
  EXPECT_EQ(talk.query("ROLLBACK TO SAVEPOINT a"), "C(ROLLBACK) Z(T)");
  talk.query("INSERT INTO t VALUES(1); SAVEPOINT b; INSERT INTO t VALUES(2)");
  EXPECT_EQ(talk.query("INSERT INTO t VALUES(2)").substr(0, 8), "E(23505 ");
  EXPECT_EQ(talk.query("ROLLBACK TO b; RELEASE b; RELEASE SAVEPOINT a"),
            "C(ROLLBACK) C(RELEASE) C(RELEASE) Z(T)");
  EXPECT_EQ(talk.query("RELEASE a"), "E(3B001 savepoint \"a\" does not exist) Z(E)");
  talk.query("ROLLBACK; BEGIN; SAVEPOINT a; INSERT INTO t VALUES(3); ROLLBACK TO a; COMMIT");
  EXPECT_EQ(talk.query("SELECT id FROM t"), "T(id:20) C(SELECT 0) Z(I)");
}

TEST(Session, ExtendedQueriesCarryParametersInTextAndBinary) {
  Node node;
  Talk talk(node);
  talk.query("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, ok BOOLEAN, raw BLOB, f REAL)");
  EXPECT_EQ(talk.extended("INSERT INTO t VALUES($1,$2,$3,$4,$5)",
                          {"7", "it's", "t", "\\x00ff", "1e3"}, {20, 25, 16, 17, 701}),
            "1 2 n C(INSERT 0 1) Z(I)");
  EXPECT_EQ(talk.extended("SELECT name, ok, raw, f, $2, NULL FROM t WHERE id=$1", {"7", "x"}, {20}),
            "1 2 T(name:25 ok:16 raw:17 f:701 $2:25 NULL:25) D(it's|t|\\x00ff|1000|x|NULL) "
            "C(SELECT 1) Z(I)");
  EXPECT_EQ(talk.extended("SELECT id FROM t", {}, {}, 1),
            "1 2 T(id:20) D(" + std::string("\0\0\0\0\0\0\0\7", 8) + ") C(SELECT 1) Z(I)");
  EXPECT_EQ(talk.extended("SELECT 1 WHERE 1=$1", {"one"}, {20}),
            "1 E(22P02 invalid input syntax for type bigint: \"one\") Z(I)");
  EXPECT_EQ(talk.extended("SELECT $1", {}),
            "1 E(08P01 bind message supplies 0 parameters, but prepared statement \"\" requires 1) "
            "Z(I)");
}

TEST(Session, AnErrorSkipsTheRestOfThePipeline) {
  Node node;
  Talk talk(node);
  talk.query("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  talk.push(Parse{"", "INSERT INTO t VALUES(1)", {}});
  talk.push(Bind());
  talk.push(Execute{"", 0});
  talk.push(Parse{"", "SELEC", {}});
  talk.push(Bind());
  talk.push(Execute{"", 0});
  EXPECT_EQ(talk.go(), "1 2 C(INSERT 0 1) E(42601 syntax error at or near \"SELEC\")");
  talk.push(Sync{});
  EXPECT_EQ(talk.go(), "Z(I)");
  EXPECT_EQ(talk.query("SELECT count(*) FROM t"), "T(count:20) D(0) C(SELECT 1) Z(I)");
}

TEST(Session, APipelineIsOneTransactionUntilSync) {
  Node node;
  Talk talk(node);
  talk.query("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  const Lsn before = node.tail;
  for (const char* id : {"1", "2", "3"}) {
    talk.push(Parse{"", "INSERT INTO t VALUES($1)", {20}});
    Bind bind;
    bind.parameters = {id};
    talk.push(std::move(bind));
    talk.push(Execute{"", 0});
  }
  EXPECT_EQ(talk.go(), "") << "nothing leaves before Sync or Flush";
  talk.push(Sync{});
  EXPECT_EQ(talk.go(), "1 2 C(INSERT 0 1) 1 2 C(INSERT 0 1) 1 2 C(INSERT 0 1) Z(I)");
  EXPECT_EQ(node.tail.raw, before.raw + 1);
}

TEST(Session, PortalsStopAtTheirRowLimitAndGoOn) {
  Node node;
  Talk talk(node);
  talk.query("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1),(2),(3)");
  talk.push(Parse{"s", "SELECT id FROM t", {}});
  Bind bind;
  bind.statement = "s";
  bind.portal = "p";
  talk.push(bind);
  talk.push(Execute{"p", 2});
  talk.push(Flush{});
  EXPECT_EQ(talk.go(), "1 2 D(1) D(2) s");
  talk.push(Execute{"p", 2});
  talk.push(Execute{"p", 2});
  talk.push(Close{What::kPortal, "p"});
  talk.push(Execute{"p", 2});
  talk.push(Sync{});
  EXPECT_EQ(talk.go(), "D(3) C(SELECT 1) C(SELECT 0) 3 E(34000 portal \"p\" does not exist) Z(I)");
  talk.push(Parse{"s", "SELECT 1", {}});
  talk.push(Sync{});
  EXPECT_EQ(talk.go(), "E(42P05 prepared statement \"s\" already exists) Z(I)");
}

TEST(Session, DescribesStatementsBeforeTheyRun) {
  Node node;
  Talk talk(node);
  talk.query("CREATE TABLE t(id INTEGER PRIMARY KEY, name VARCHAR(20))");
  talk.push(Parse{"s", "SELECT id, name, count(*) FROM t WHERE id=$2 AND name=$1", {25}});
  talk.push(Describe{What::kStatement, "s"});
  talk.push(Parse{"i", "INSERT INTO t VALUES(1,'a')", {}});
  talk.push(Describe{What::kStatement, "i"});
  talk.push(Sync{});
  EXPECT_EQ(talk.go(), "1 t T(id:20 name:25 count:20) 1 t n Z(I)");
}

TEST(Session, ASecondWriterWaitsForTheFirstAndLosesNothing) {
  Node node;
  Talk a(node), b(node);
  a.query("CREATE TABLE t(n INTEGER); INSERT INTO t VALUES(0)");
  a.query("BEGIN; UPDATE t SET n=n+1");
  b.push(Query{"UPDATE t SET n=n+1"});
  ASSERT_EQ(b.step(), Need::kWriter);
  EXPECT_EQ(a.query("COMMIT"), "C(COMMIT) Z(I)");
  b.session().grant_writer();
  EXPECT_EQ(b.go(), "C(UPDATE 1) Z(I)");
  EXPECT_EQ(a.query("SELECT n FROM t"), "T(n:20) D(2) C(SELECT 1) Z(I)");
}

TEST(Session, ReadCommittedNeverConflictsAndSnapshotsDo) {
  Node node;
  Talk a(node), b(node), c(node);
  a.query("CREATE TABLE t(n INTEGER); INSERT INTO t VALUES(0)");
  b.query("BEGIN; SELECT n FROM t");
  c.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT n FROM t");
  a.query("UPDATE t SET n=10");
  EXPECT_EQ(b.query("SELECT n FROM t"), "T(n:20) D(10) C(SELECT 1) Z(T)");
  EXPECT_EQ(b.query("UPDATE t SET n=n+1 RETURNING n"), "T(n:20) D(11) C(UPDATE 1) Z(T)");
  EXPECT_EQ(b.query("COMMIT"), "C(COMMIT) Z(I)");
  EXPECT_EQ(c.query("SELECT n FROM t"), "T(n:20) D(0) C(SELECT 1) Z(T)");
  EXPECT_EQ(c.query("UPDATE t SET n=n+1"),
            "E(40001 could not serialize access due to concurrent update) Z(E)");
}

TEST(Session, NothingIsAnsweredBeforeTheGroupHasTheCommit) {
  Node node;
  Talk talk(node), other(node);
  talk.query("CREATE TABLE t(n INTEGER)");
  talk.push(Query{"INSERT INTO t VALUES(1)"});
  ASSERT_EQ(talk.step(), Need::kWriter);
  talk.session().grant_writer();
  ASSERT_EQ(talk.step(), Need::kCommit);
  EXPECT_EQ(talk.take(), "");
  auto sealed = talk.session().take_commit();
  ASSERT_TRUE(sealed && sealed->publish(Lsn(2)));
  EXPECT_EQ(other.query("SELECT count(*) FROM t"), "T(count:20) D(0) C(SELECT 1) Z(I)");
  node.database.store().commit(Lsn(2));
  talk.session().commit_done();
  EXPECT_EQ(talk.step(), Need::kInput);
  EXPECT_EQ(talk.take(), "C(INSERT 0 1) Z(I)");
  EXPECT_EQ(other.query("SELECT count(*) FROM t"), "T(count:20) D(1) C(SELECT 1) Z(I)");
}

TEST(Session, ACommitInDoubtEndsTheSession) {
  Node node;
  Talk talk(node);
  talk.query("CREATE TABLE t(n INTEGER)");
  talk.push(Query{"INSERT INTO t VALUES(1); SELECT 1"});
  talk.push(Query{"SELECT 2"});
  ASSERT_EQ(talk.step(), Need::kWriter);
  talk.session().grant_writer();
  ASSERT_EQ(talk.step(), Need::kCommit);
  talk.session().take_commit().reset();
  talk.session().refuse(make_fatal("08007", "unknown"));
  EXPECT_EQ(talk.step(), Need::kEnd);
  EXPECT_EQ(talk.take(), "E(FATAL 08007 unknown)");
}

TEST(Session, AReplicaRefusesWritesAndSaysWhatItIs) {
  Node node;
  Talk primary(node), replica(node, false);
  primary.query("CREATE TABLE t(n INTEGER)");
  EXPECT_EQ(replica.query("INSERT INTO t VALUES(1)"),
            "E(25006 cannot execute INSERT in a read-only transaction) Z(I)");
  EXPECT_EQ(replica.query("SELECT count(*) FROM t FOR UPDATE").substr(0, 7), "E(25006");
  EXPECT_EQ(replica.query("SHOW transaction_read_only"),
            "T(transaction_read_only:25) D(on) C(SHOW) Z(I)");
  EXPECT_EQ(replica.query("SELECT pg_catalog.pg_is_in_recovery(), multiaz_role()"),
            "T(pg_is_in_recovery:20 multiaz_role:25) D(1|learner) C(SELECT 1) Z(I)");
}

TEST(Session, SettingsFollowTheTransaction) {
  Node node;
  Talk talk(node);
  EXPECT_EQ(talk.query("SET application_name TO 'a'; SHOW application_name"),
            "S(application_name) C(SET) T(application_name:25) D(a) C(SHOW) Z(I)");
  talk.query("BEGIN; SET application_name = b; SET LOCAL statement_timeout = '5s'");
  EXPECT_EQ(talk.query("SHOW statement_timeout"), "T(statement_timeout:25) D(5s) C(SHOW) Z(T)");
  EXPECT_EQ(talk.query("ROLLBACK"), "S(application_name) C(ROLLBACK) Z(I)");
  EXPECT_EQ(talk.query("SHOW application_name"), "T(application_name:25) D(a) C(SHOW) Z(I)");
  EXPECT_EQ(talk.query("SHOW statement_timeout"), "T(statement_timeout:25) D(30s) C(SHOW) Z(I)");
  EXPECT_EQ(talk.query("SET nonsense = 1"),
            "E(42704 unrecognized configuration parameter \"nonsense\") Z(I)");
  EXPECT_EQ(talk.query("SET client_encoding = LATIN1").substr(0, 7), "E(22023");
}

TEST(Session, StatementTimeoutAndCancelEndAQuery) {
  Node node;
  Talk talk(node);
  talk.query("SET statement_timeout = 20");
  EXPECT_EQ(talk.query("SELECT pg_sleep(30)"),
            "E(57014 canceling statement due to statement timeout) Z(I)");
  talk.query("SET statement_timeout = 0");
  talk.session().interrupt();
  EXPECT_EQ(talk.query("SELECT pg_sleep(30)"),
            "E(57014 canceling statement due to user request) Z(I)");
  EXPECT_EQ(talk.query("SELECT 1"), "T(1:20) D(1) C(SELECT 1) Z(I)");
}

TEST(Session, ATransactionThatDoesNotFitSaysSo) {
  Node node(40 * store::kPageBytes);
  Talk talk(node);
  talk.query("CREATE TABLE t(x)");
  EXPECT_EQ(talk.query("INSERT INTO t VALUES(zeroblob(500000))"),
            "E(53100 the database is full) Z(I)");
  EXPECT_EQ(talk.query("SELECT count(*) FROM t"), "T(count:20) D(0) C(SELECT 1) Z(I)");
  EXPECT_EQ(talk.query("SELECT zeroblob(20000000)").substr(0, 7), "E(54000");
}

TEST(Session, LargeResultsLeaveInPieces) {
  Node node;
  Talk talk(node);
  talk.push(
      Query{"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<20000) "
            "SELECT i, 'some text to fill the row' FROM c"});
  int flushes = 0;
  while (talk.step() == Need::kFlush) flushes++;
  EXPECT_GT(flushes, 2);
  const std::string all = talk.take();
  EXPECT_TRUE(all.ends_with(" C(SELECT 20000) Z(I)"));
}

}  // namespace
}  // namespace multiaz::dbnode::test
