// Values and errors in PostgreSQL's formats.
#include <limits>

#include "dbnode/pg_types.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "dbnode/pg_binary.h"
#include "dbnode/sql_error.h"

namespace multiaz::dbnode {
namespace {

TEST(PgTypes, DeclaredTypesMapByTheirFirstWord) {
  EXPECT_EQ(declared_type("INTEGER"), kInt8);
  EXPECT_EQ(declared_type("varchar(20)"), kText);
  EXPECT_EQ(declared_type("Double Precision"), kFloat8);
  EXPECT_EQ(declared_type("timestamp with time zone"), kTimestampTz);
  EXPECT_EQ(declared_type("NUMERIC(10,2)"), kNumeric);
  EXPECT_EQ(declared_type("geometry"), kUnspecified);
  EXPECT_EQ(declared_type(""), kUnspecified);
  EXPECT_EQ(announced_type(kNumeric, 1), kText) << "no binary form: text's is the text";
}

TEST(PgBinary, NumbersTextsAndBytes) {
  EXPECT_EQ(float_text(0.1), "0.1");
  EXPECT_EQ(float_text(1e300), "1e+300");
  EXPECT_EQ(float_text(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(*parse_float(" +1.5e2"), 150);
  EXPECT_FALSE(parse_float("1.5x").ok());
  EXPECT_EQ(*parse_integer("-42"), -42);
  EXPECT_FALSE(parse_integer("9223372036854775808").ok());
  EXPECT_FALSE(parse_integer("").ok());
  EXPECT_TRUE(*parse_bool("TRUE"));
  EXPECT_FALSE(parse_bool("maybe").ok());
  EXPECT_EQ(*parse_bytea("\\x0Aff"), "\n\xff");
  EXPECT_EQ(*parse_bytea("a\\\\b\\101"), "a\\bA");
  EXPECT_FALSE(parse_bytea("\\xabc").ok());
  EXPECT_FALSE(parse_bytea("\\9").ok());
}

std::string numeric(std::initializer_list<int> fields) {
  std::string bytes;
  for (int field : fields) append_be<int16_t>(bytes, static_cast<int16_t>(field));
  const auto text = numeric_from_binary(bytes);
  return text ? *text : "bad";
}

TEST(PgBinary, Numerics) {
  EXPECT_EQ(numeric({2, 0, 0, 2, 12, 5000}), "12.50");
  EXPECT_EQ(numeric({2, 1, 0x4000, 0, 1, 2}), "-10002");
  EXPECT_EQ(numeric({1, 2, 0, 0, 7}), "700000000");
  EXPECT_EQ(numeric({1, -1, 0, 4, 25}), "0.0025");
  EXPECT_EQ(numeric({1, -2, 0, 8, 25}), "0.00000025");
  EXPECT_EQ(numeric({0, 0, 0, 0}), "0");
  EXPECT_EQ(numeric({0, 0, 0xc000, 0}), "NaN");
  EXPECT_EQ(numeric({3, 0, 0, 0, 1}), "bad");
  EXPECT_EQ(numeric({1}), "bad");
  EXPECT_EQ(numeric({1, 0, 0, 0, -3}), "bad");
}

TEST(PgBinary, DatesAndTimes) {
  EXPECT_EQ(timestamp_text(0, false), "2000-01-01 00:00:00");
  EXPECT_EQ(timestamp_text(-1, false), "1999-12-31 23:59:59.999999");
  EXPECT_EQ(timestamp_text(848'620'106'500'000, true), "2026-11-21 23:48:26.500000+00");
  EXPECT_EQ(date_text(-10957), "1970-01-01");
  EXPECT_EQ(date_text(59), "2000-02-29");
  EXPECT_EQ(*uuid_from_binary(std::string(16, '\x11')), "11111111-1111-1111-1111-111111111111");
}

std::string translated(int code, const char* message) {
  const Report report = translate_error(code, message, 0);
  return report.code + " " + report.message;
}

TEST(SqlError, SpeaksPostgres) {
  EXPECT_EQ(translated(SQLITE_ERROR, "no such table: orders"),
            "42P01 relation \"orders\" does not exist");
  EXPECT_EQ(translated(SQLITE_ERROR, "table orders already exists"),
            "42P07 relation \"orders\" already exists");
  EXPECT_EQ(translated(SQLITE_ERROR, "near \"FORM\": syntax error"),
            "42601 syntax error at or near \"FORM\"");
  EXPECT_EQ(translated(SQLITE_ERROR, "table t has no column named x"),
            "42703 table t has no column named x");
  EXPECT_EQ(translated(SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: t.a, t.b"),
            "23505 duplicate key value violates unique constraint \"t_a_b_key\"");
  EXPECT_EQ(translated(SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: index 'i'"),
            "23505 duplicate key value violates unique constraint \"index 'i'\"");
  EXPECT_EQ(translated(SQLITE_CONSTRAINT_NOTNULL, "NOT NULL constraint failed: t.a"),
            "23502 null value in column \"a\" of relation \"t\" violates not-null constraint");
  EXPECT_EQ(translated(SQLITE_CONSTRAINT_CHECK, "CHECK constraint failed: positive").substr(0, 5),
            "23514");
  EXPECT_EQ(translated(SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY constraint failed").substr(0, 5),
            "23503");
  EXPECT_EQ(translated(SQLITE_AUTH, "not authorized"), "42501 permission denied: not authorized");
}

}  // namespace
}  // namespace multiaz::dbnode
