// SQL text: splitting, translation, utility statements, settings.
#include <gtest/gtest.h>

#include <variant>

#include "dbnode/settings.h"
#include "dbnode/sql_lexer.h"
#include "dbnode/statement.h"
#include "dbnode/utility.h"

namespace multiaz::dbnode {
namespace {

std::string translated(std::string_view sql) {
  const auto statements = split_statements(sql);
  return statements.size() == 1 ? statements[0].sql : "not one statement";
}
std::string tags(std::string_view sql) {
  std::string out;
  for (const Statement& statement : split_statements(sql)) {
    out += (out.empty() ? "" : ",") + statement.tag;
  }
  return out;
}

TEST(Lexer, TokensCoverTheTextWhateverItIs) {
  for (const std::string_view sql :
       {"SELECT 'a''b', \"q\"\"x\", [c], 1.5e3, $12 -- end\n/* c */ x::int", "'open", "\"open",
        "/* open", "--", "$", "$a", ":", "\xff\xfe", "1..2"}) {
    std::string joined;
    for (const Token& token : tokenize(sql)) joined += token.text;
    EXPECT_EQ(joined, sql);
  }
}

TEST(Statement, SplitsAtSemicolonsButNotInsideTextsCommentsAndTriggers) {
  EXPECT_EQ(tags("SELECT ';' ; -- ;\n INSERT INTO t VALUES(1); ;"), "SELECT,INSERT 0");
  EXPECT_EQ(tags("CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a=CASE WHEN 1 THEN 2 END;"
                 " DELETE FROM t; END; SELECT 1"),
            "CREATE TRIGGER,SELECT");
  EXPECT_EQ(tags("BEGIN; SELECT 1; END"), "BEGIN,SELECT,END");
}

TEST(Statement, KnowsWhatAStatementIs) {
  EXPECT_EQ(tags("WITH a AS (SELECT 1), b AS (DELETE) INSERT INTO t SELECT * FROM a"), "INSERT 0");
  EXPECT_EQ(tags("create unique index i on t(a); create temp table t(a); alter table t add b"),
            "CREATE INDEX,CREATE TABLE,ALTER TABLE");
  EXPECT_EQ(tags("VALUES (1),(2); replace into t values(1); explain select 1"),
            "SELECT,INSERT 0,EXPLAIN");
  EXPECT_TRUE(split_statements("SELECT a FROM t WHERE b=1 FOR UPDATE")[0].for_update);
  EXPECT_TRUE(split_statements("SELECT a FROM t FOR NO KEY UPDATE OF t NOWAIT")[0].for_update);
  EXPECT_FALSE(split_statements("SELECT 'FOR UPDATE'")[0].for_update);
}

TEST(Statement, TranslatesAFewSpellings) {
  EXPECT_EQ(translated("SELECT a::int"), "SELECT CAST(a AS INTEGER)");
  EXPECT_EQ(translated("SELECT count(*)::int"), "SELECT CAST(count(*) AS INTEGER)");
  EXPECT_EQ(translated("SELECT (a + 1)::text || 'x'"), "SELECT CAST((a + 1) AS TEXT) || 'x'");
  EXPECT_EQ(translated("SELECT t.a :: double precision, $1::int8::text"),
            "SELECT CAST(t.a  AS REAL), CAST(CAST($1 AS INTEGER) AS TEXT)");
  EXPECT_EQ(translated("SELECT '2026-01-01'::date"), "SELECT '2026-01-01'");
  EXPECT_EQ(translated("SELECT '::int'"), "SELECT '::int'");
  EXPECT_EQ(translated("CREATE TABLE t(id BIGSERIAL PRIMARY KEY)"),
            "CREATE TABLE t(id INTEGER PRIMARY KEY)");
  EXPECT_EQ(translated("SELECT serial FROM t WHERE a ILIKE 'x%'"),
            "SELECT serial FROM t WHERE a LIKE 'x%'");
  EXPECT_EQ(translated("SELECT current_user, pg_catalog.version()"),
            "SELECT current_user(), version()");
}

template <typename T>
T parsed(const std::string& sql) {
  const auto utility = parse_utility(split_statements(sql)[0]);
  EXPECT_TRUE(utility.ok() && *utility && std::holds_alternative<T>(**utility)) << sql;
  return std::get<T>(**utility);
}

TEST(Utility, ParsesTransactionsInAllTheirWords) {
  EXPECT_FALSE(parsed<Begin>("BEGIN").modes.read_only);
  EXPECT_EQ(parsed<Begin>("begin work isolation level serializable").modes.isolation,
            Isolation::kSnapshot);
  EXPECT_EQ(parsed<Begin>("START TRANSACTION READ ONLY, DEFERRABLE").modes.read_only, true);
  EXPECT_TRUE(parsed<Begin>("BEGIN READ WRITE").modes.immediate);
  EXPECT_TRUE(parsed<Begin>("BEGIN IMMEDIATE").modes.immediate);
  parsed<CommitWork>("END TRANSACTION");
  parsed<Rollback>("ABORT");
  EXPECT_EQ(parsed<RollbackTo>("ROLLBACK TRANSACTION TO SAVEPOINT \"A b\"").name, "A b");
  EXPECT_EQ(parsed<ReleaseSavepoint>("release x").name, "x");
  EXPECT_FALSE(parse_utility(split_statements("BEGIN NONSENSE")[0]).ok());
  EXPECT_FALSE(parse_utility(split_statements("COMMIT AND CHAIN")[0]).ok());
  EXPECT_EQ(parse_utility(split_statements("COPY t FROM STDIN")[0]).error().code, Code::kConflict);
}

TEST(Utility, ParsesSettings) {
  EXPECT_EQ(parsed<SetParameter>("SET datestyle TO 'ISO, MDY'").value, "ISO, MDY");
  EXPECT_EQ(parsed<SetParameter>("SET search_path = a, \"B\"").value, "a, B");
  EXPECT_TRUE(parsed<SetParameter>("SET LOCAL lock_timeout = '1s'").local);
  EXPECT_EQ(parsed<SetParameter>("SET TIME ZONE 'UTC'").name, "timezone");
  EXPECT_EQ(parsed<SetParameter>("SET NAMES 'utf8'").name, "client_encoding");
  EXPECT_FALSE(parsed<SetParameter>("SET timezone TO DEFAULT").value);
  EXPECT_TRUE(
      parsed<SetTransaction>("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY").session);
  EXPECT_EQ(parsed<ShowParameter>("SHOW TRANSACTION ISOLATION LEVEL").name,
            "transaction_isolation");
  parsed<DiscardAll>("DISCARD ALL");
  EXPECT_EQ(parsed<Deallocate>("DEALLOCATE PREPARE s").name, "s");
}

TEST(Settings, ChecksValuesAndRemembersDefaults) {
  Settings settings;
  ASSERT_TRUE(settings.start("application_name", "first").ok());
  ASSERT_TRUE(settings.set("Application_Name", "second", false).ok());
  ASSERT_TRUE(settings.reset("application_name").ok());
  EXPECT_EQ(*settings.show("application_name"), "first");
  EXPECT_EQ(settings.set("server_version", "16", false).error().code, Code::kDenied);
  EXPECT_EQ(settings.set("statement_timeout", "soon", false).error().code, Code::kInvalid);
  EXPECT_EQ(settings.set("nonsense", "1", false).error().code, Code::kNotFound);
  EXPECT_TRUE(settings.set("shop.user", "1", false).ok());
  ASSERT_TRUE(settings.set("statement_timeout", "2min", false).ok());
  EXPECT_EQ(settings.statement_timeout_ms(), 120'000u);
}

}  // namespace
}  // namespace multiaz::dbnode
