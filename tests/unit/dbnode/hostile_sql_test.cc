// Hostile SQL: words that the session must not overlook, settings that must stay usable, statements
// that want too much, each kind with many examples.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/core/random.h"
#include "dbnode/functions_text.h"
#include "tests/unit/dbnode/session_support.h"
#include "tests/unit/dbnode/sqlite_tokens.h"

namespace multiaz::dbnode::test {
namespace {

// Bytes that begin or end tokens, and bytes that only look so.
constexpr std::string_view kPieces[] = {"\xef\xbb\xbf",
                                        "\f",
                                        "\v",
                                        " ",
                                        "\n",
                                        "\r",
                                        "\t",
                                        "\xc2\xa0",
                                        "\xe2\x80\x83",
                                        "--",
                                        "/*",
                                        "*/",
                                        "/",
                                        "*",
                                        "'",
                                        "''",
                                        "\"",
                                        "`",
                                        "[",
                                        "]",
                                        "x'",
                                        "X'0",
                                        "0x",
                                        "1",
                                        "1_0",
                                        "1e",
                                        "e+5",
                                        ".",
                                        "..",
                                        "$",
                                        "$1",
                                        "?",
                                        "?1",
                                        ":",
                                        ":a",
                                        "@",
                                        "@b",
                                        "#",
                                        "(",
                                        ")",
                                        ";",
                                        "->",
                                        "->>",
                                        "-",
                                        ">",
                                        "<",
                                        "=",
                                        "!",
                                        "|",
                                        "&",
                                        "~",
                                        "%",
                                        "^",
                                        "\\",
                                        "\x7b",
                                        "\x01",
                                        "\x7f",
                                        "\x80",
                                        "\xff",
                                        "\xef",
                                        "\xef\xbb",
                                        "COMMIT",
                                        "begin",
                                        "a",
                                        "_",
                                        "End",
                                        ","};

TEST(HostileSql, LexerCutsWhereSqliteCuts) {
  SqliteTokens sqlite;
  Random random(7);
  for (int i = 0; i < 10'000; i++) {
    std::string text;
    for (uint64_t n = random.below(9) + 1; n > 0; n--)
      text += kPieces[random.below(std::size(kPieces))];
    // a cast is the one difference to SQLite's tokens
    if (text.find("::") != std::string::npos) continue;
    ASSERT_EQ(tokens_of(text), sqlite.of(text)) << testing::PrintToString(text);
  }
}

// Spellings of a word that ends a transaction; each must be handled by the session or be an error.
std::vector<std::string> hidden(const std::string& word) {
  return {"\xef\xbb\xbf" + word,
          "\xef\xbb\xbf\xef\xbb\xbf " + word,
          "\f" + word,
          "\v" + word,
          "\n\v" + word,
          "\xc2\xa0" + word,
          "/**/" + word,
          "/* \xef\xbb\xbf */\xef\xbb\xbf" + word,
          "--x\n" + word,
          ";" + word,
          "SELECT 1;\xef\xbb\xbf" + word,
          "EXPLAIN " + word,
          "EXPLAIN QUERY PLAN " + word,
          "explain/**/" + word,
          "DO " + word,
          "\"" + word + "\"",
          "[" + word + "]",
          word.substr(0, 2) + "::y" + word.substr(2),
          word.substr(0, 2) + "::\"y\"" + word.substr(2),
          "pg_catalog." + word,
          "\"x\"pg_catalog." + word,
          word + "\xef\xbb\xbf",
          word + "/*",
          word + "--"};
}

TEST(HostileSql, NoSpellingEndsATransactionBehindTheSessionsBack) {
  for (const std::string word : {"COMMIT", "END", "END TRANSACTION", "ROLLBACK", "BEGIN",
                                 "BEGIN IMMEDIATE", "SAVEPOINT s", "RELEASE s", "ROLLBACK TO s"}) {
    for (const std::string& sql : hidden(word)) {
      for (const bool extended : {false, true}) {
        Node node;
        Talk talk(node);
        talk.query("CREATE TABLE t(a INT)");
        const Lsn before = node.tail;
        talk.query("BEGIN; INSERT INTO t VALUES(1)");
        const std::string answer = extended ? talk.extended(sql, {}) : talk.query(sql);
        const std::string after = talk.query("SELECT count(*) FROM t");
        // Data that is visible outside of the block went through the group; no other data is.
        const bool idle = answer.size() >= 4 && answer.substr(answer.size() - 4) == "Z(I)";
        Talk other(node);
        const std::string seen = other.query("SELECT count(*) FROM t");
        const bool committed = seen.find("D(1)") != std::string::npos;
        EXPECT_EQ(committed, node.tail != before) << testing::PrintToString(sql) << answer;
        if (committed) EXPECT_TRUE(idle) << testing::PrintToString(sql) << answer;
        EXPECT_EQ(after.find("FATAL"), std::string::npos) << testing::PrintToString(sql) << after;
      }
    }
  }
}

TEST(HostileSql, OutsideOfABlockNoSpellingBeginsOne) {
  for (const std::string word : {"BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT s"}) {
    for (const std::string& sql : hidden(word)) {
      Node node;
      Talk talk(node);
      talk.query("CREATE TABLE t(a INT)");
      talk.query(sql);
      talk.query("ROLLBACK");
      EXPECT_EQ(talk.query("INSERT INTO t VALUES(1)"), "C(INSERT 0 1) Z(I)")
          << testing::PrintToString(sql);
      Talk other(node);
      EXPECT_EQ(other.query("SELECT a FROM t"), "T(a:20) D(1) C(SELECT 1) Z(I)");
    }
  }
}

TEST(HostileSql, ALongStatementOrManyCastsAreRefusedNotWorkedAt) {
  Node node;
  Talk talk(node);
  EXPECT_EQ(talk.query("SELECT '" + std::string(kSqlBytesMax, 'x') + "'").substr(0, 7), "E(54000");
  std::string casts = "SELECT 1";
  while (casts.size() < 500'000) casts += "::int";
  EXPECT_EQ(talk.query(casts).substr(0, 7), "E(54000");
  EXPECT_EQ(talk.query(std::string(1'000'000, ';')), "I Z(I)");
}

TEST(HostileSettings, WhatWasAcceptedCanBeUsedAndShown) {
  const std::string_view kNames[] = {"statement_timeout",
                                     "lock_timeout",
                                     "application_name",
                                     "idle_in_transaction_session_timeout",
                                     "datestyle",
                                     "default_transaction_isolation",
                                     "client_encoding",
                                     "default_transaction_read_only",
                                     "a.b",
                                     "a..b",
                                     ".",
                                     "x.\xff",
                                     "server_version",
                                     "standard_conforming_strings"};
  const std::string_view kPieces[] = {"0",           "1",
                                      "-",           "2147483647",
                                      "2147483648",  "1000",
                                      "99999999999", "ms",
                                      "s",           "min",
                                      "h",           "d",
                                      "us",          " ",
                                      ".",           "5",
                                      "e9",          "inf",
                                      "nan",         "on",
                                      "off",         "read committed",
                                      "\xff",        "'",
                                      "UTF8"};
  Random random(11);
  Settings settings;
  for (int i = 0; i < 20'000; i++) {
    const std::string_view name = kNames[random.below(std::size(kNames))];
    std::string text;
    for (uint64_t n = random.below(4); n > 0; n--)
      text += kPieces[random.below(std::size(kPieces))];
    const bool accepted = random.below(8) == 0
                              ? settings.start(name, text).ok()
                              : settings.set(name, text, random.below(2) == 0).ok();
    if (accepted) {
      const auto shown = settings.show(name);
      ASSERT_TRUE(shown.ok()) << name << "=" << text;
      Settings again;
      if (name.find("timeout") != std::string_view::npos) {
        ASSERT_TRUE(again.set(name, *shown, false).ok()) << *shown;
        ASSERT_EQ(*again.show(name), *shown);
      }
    }
    ASSERT_LE(settings.statement_timeout_ms(), kTimeoutMsMax);
    ASSERT_LE(settings.lock_timeout_ms(), kTimeoutMsMax);
    ASSERT_LE(settings.idle_transaction_timeout_ms(), kTimeoutMsMax);
    if (random.below(50) == 0) (void)settings.finish(random.below(2) == 0);
    if (random.below(50) == 0) (void)settings.reset(name);
    if (random.below(500) == 0) (void)settings.reset_all();
  }
}

TEST(HostileSettings, TimesAreBoundedBehindTheirUnits) {
  Node node;
  Talk talk(node);
  for (const char* name :
       {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}) {
    for (const char* text : {"1000h", "100d", "2147483648", "2147484s", "1e30",
                             "99999999999999999999d", "-1", "nan", "soon", ""}) {
      const std::string set = std::string(name) + " = '" + text + "'";
      EXPECT_EQ(talk.query("SET " + set).substr(0, 7), "E(22023") << set;
      EXPECT_EQ(talk.query("SET LOCAL " + set).substr(0, 7), "E(22023") << set;
      EXPECT_EQ(talk.query("SELECT 1"), "T(1:20) D(1) C(SELECT 1) Z(I)");
    }
    for (const char* text : {"596h", "24d", "2147483647", "2147483s", "1.5s", "5 min", "0"}) {
      EXPECT_EQ(talk.query(std::string("SET ") + name + " = '" + text + "'"), "C(SET) Z(I)")
          << text;
      EXPECT_EQ(talk.query("SELECT 1"), "T(1:20) D(1) C(SELECT 1) Z(I)");
    }
  }
  EXPECT_EQ(talk.query("SELECT set_config('statement_timeout', '1000h', false)").substr(0, 7),
            "E(22023");
  EXPECT_EQ(talk.query("SELECT set_config('statement_timeout', '90s', false) v"),
            "T(v:25) D(90s) C(SELECT 1) Z(I)");
  EXPECT_EQ(talk.query("ALTER ROLE shop SET statement_timeout = '1000h'").substr(0, 7), "E(0A000");
}

TEST(HostileSettings, OnesOwnAreFewAndShort) {
  Node node;
  Talk talk(node);
  for (size_t i = 0; i < kCustomSettingsMax; i++) {
    EXPECT_EQ(talk.query("SET a.b" + std::to_string(i) + " = 'x'"), "C(SET) Z(I)");
  }
  EXPECT_EQ(talk.query("SET a.onemore = 'x'").substr(0, 7), "E(53400");
  EXPECT_EQ(talk.query("SET a.b1 = '" + std::string(2000, 'x') + "'").substr(0, 7), "E(22023");
  EXPECT_EQ(talk.query("SET a." + std::string(200, 'n') + " = 'x'").substr(0, 7), "E(22023");
  EXPECT_EQ(talk.query("RESET a.b1; SET a.onemore = 'x'"), "C(RESET) C(SET) Z(I)");
}

TEST(HostileStatement, MemoryIsBoundedForEach) {
  Node node;
  Talk talk(node);
  talk.query("SET statement_timeout = 0");
  for (const char* sql :
       {"WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c LIMIT 2000) "
        "SELECT x FROM c ORDER BY randomblob(1000000)",
        "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c LIMIT 2000) "
        "SELECT count(*) FROM (SELECT DISTINCT randomblob(1000000) FROM c)",
        "CREATE TEMP TABLE big AS WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c "
        "LIMIT 2000) SELECT randomblob(1000000) b FROM c"}) {
    const std::string answer = talk.query(sql);
    EXPECT_EQ(answer.substr(0, 7), "E(53200") << answer.substr(0, 300);
    EXPECT_EQ(talk.query("SELECT 1"), "T(1:20) D(1) C(SELECT 1) Z(I)");
  }
  std::string row = "SELECT hex(zeroblob(8000000))";
  for (int i = 0; i < 7; i++) row += ", hex(zeroblob(8000000))";
  const std::string answer = talk.query(row).substr(0, 7);
  EXPECT_TRUE(answer == "E(54000" || answer == "E(53200") << answer;
}

TEST(HostileStatement, EndsInTimeInsideOneLongInstruction) {
  Node node;
  Talk talk(node);
  talk.query("SET statement_timeout = '200ms'");
  const std::string many = "replace(hex(zeroblob(1000000)), '0', 'ab')";
  std::string percent;
  for (int i = 0; i < 5000; i++) percent += "%a";
  for (const std::string& sql : std::vector<std::string>{
           "SELECT hex(zeroblob(1000000)) LIKE '" + percent + "b'",
           "SELECT replace(hex(zeroblob(1000000)),'0','a') LIKE '" + percent + "b'",
           "SELECT replace(hex(zeroblob(1000000)),'0','a') GLOB replace('" + percent +
               "b','%','*')",
           "SELECT replace(hex(zeroblob(1000000)),'0','a') GLOB '*[a" + percent + "]*b'",
           "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c",
           "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c) SELECT "
           "sum(length(randomblob(16000000))) FROM c",
           "SELECT pg_sleep(60)"}) {
    const Nanos began = monotonic_now();
    const std::string answer = talk.query(sql);
    const Nanos took = monotonic_now() - began;
    EXPECT_LT(took, 10 * kSecond) << sql.substr(0, 80);
    EXPECT_TRUE(answer.starts_with("E(57014") || answer.find("D(0)") != std::string::npos)
        << sql.substr(0, 80) << answer.substr(0, 200);
  }
  talk.query("SET statement_timeout = 0");
  const std::string big = "replace(hex(zeroblob(1000000)),'0','a')";
  for (const std::string& sql :
       {"SELECT length(replace(" + big + ", substr(" + big + ",1,500000)||'b', 'c'))",
        "SELECT instr(" + big + ", substr(" + big + ",1,500000)||'b')",
        "SELECT length(trim(" + big + ", " + many + "))"}) {
    const Nanos began = monotonic_now();
    EXPECT_EQ(talk.query(sql).substr(0, 2), "T(") << sql;
    EXPECT_LT(monotonic_now() - began, 10 * kSecond) << sql;
  }
  EXPECT_EQ(talk.query("SELECT json_patch('{}','{}')").substr(0, 7), "E(42501");
}

std::string ask(sqlite3* db, const std::string& call, const std::vector<std::string>& arguments) {
  sqlite3_stmt* statement = nullptr;
  CHECK(sqlite3_prepare_v2(db, ("SELECT " + call).c_str(), -1, &statement, nullptr) == SQLITE_OK);
  for (size_t i = 0; i < arguments.size(); i++) {
    const std::string& text = arguments[i];
    sqlite3_bind_text(statement, static_cast<int>(i) + 1, text.c_str(), -1, SQLITE_TRANSIENT);
  }
  std::string out = "error";
  if (sqlite3_step(statement) == SQLITE_ROW) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    out = text ? text : "NULL";
  }
  sqlite3_finalize(statement);
  return out;
}

TEST(HostileStatement, TextFunctionsAnswerAsSqliteDoes) {
  Node node;
  sqlite3* plain = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &plain), SQLITE_OK);
  auto ours = store::Connection::open(node.database.vfs());
  ASSERT_TRUE(ours.ok());
  ASSERT_TRUE(add_text_functions(**ours).ok());
  const std::string_view kPieces[] = {"a",  "b",  "A",     "%",    "_",  "*",        "?",
                                      "[",  "]",  "^",     "-",    "\\", "\xc3\xa9", "\xe2\x82\xac",
                                      "ab", "%%", "[a-c]", "[^b]", " "};
  struct Call {
    const char* sql;
    size_t arguments;
  };
  const Call kCalls[] = {{"like(?,?)", 2}, {"like(?,?,'\\')", 2}, {"like(?,?,'%')", 2},
                         {"glob(?,?)", 2}, {"replace(?,?,?)", 3}, {"instr(?,?)", 2},
                         {"trim(?,?)", 2}, {"ltrim(?,?)", 2},     {"rtrim(?,?)", 2}};
  Random random(5);
  for (int i = 0; i < 5'000; i++) {
    const Call& call = kCalls[random.below(std::size(kCalls))];
    std::vector<std::string> values;
    for (size_t n = 0; n < call.arguments; n++) {
      std::string text;
      for (uint64_t p = random.below(7); p > 0; p--)
        text += kPieces[random.below(std::size(kPieces))];
      values.push_back(text);
    }
    ASSERT_EQ(ask((*ours)->raw(), call.sql, values), ask(plain, call.sql, values))
        << call.sql << testing::PrintToString(values);
  }
  sqlite3_close(plain);
}

}  // namespace
}  // namespace multiaz::dbnode::test
