// printf and format: SQLite's results, within bounds.
#include "dbnode/functions_format.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "base/core/clock.h"
#include "base/core/random.h"
#include "dbnode/store/connection.h"
#include "dbnode/store/memory.h"

namespace multiaz::dbnode::test {
namespace {

class Database {
 public:
  explicit Database(bool ours) {
    store::install_memory_accounts();
    EXPECT_EQ(sqlite3_open(":memory:", &db_), SQLITE_OK);
    sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, store::kValueBytesMax);
    if (ours) EXPECT_TRUE(add_format_functions(db_).ok());
  }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // The quote() of the value, or "error: ...".
  std::string ask(const std::string& expression) {
    sqlite3_stmt* statement = nullptr;
    const std::string sql = "SELECT hex(" + expression + ")";
    std::string out = "error: ";
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
      out = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    } else {
      out += sqlite3_errmsg(db_);
    }
    sqlite3_finalize(statement);
    return out;
  }

 private:
  sqlite3* db_ = nullptr;
};

template <size_t N>
std::string one_of(Random& random, const char* const (&all)[N]) {
  return all[random.below(N)];
}

TEST(FormatFunctions, AnswerWhatSqliteAnswers) {
  constexpr const char* kFlags[] = {"", "-", "0", "+", " ", "#", "!", ",", "-0", "+,"};
  constexpr const char* kWidths[] = {"", "1", "7", "12", "*"};
  constexpr const char* kPrecisions[] = {"", ".0", ".2", ".9", ".*", "."};
  constexpr const char* kTypes[] = {"d", "i", "u", "ld", "lld", "x", "X", "o", "f", "e", "E", "g",
                                    "G", "s", "z", "q",  "Q",   "w", "c", "%", "n", "k", "",  "p"};
  constexpr const char* kValues[] = {"0",
                                     "1",
                                     "-5",
                                     "12345678",
                                     "3.14159",
                                     "-1e300",
                                     "NULL",
                                     "'x'",
                                     "'é''ü'",
                                     "''",
                                     "'12abc'",
                                     "x'4142'",
                                     "'long text with many words'",
                                     "-3",
                                     "9223372036854775807"};
  Database theirs(false), ours(true);
  Random random(11);
  for (int i = 0; i < 1'000; i++) {
    std::string format;
    for (uint64_t n = random.below(3) + 1; n > 0; n--) {
      format += "a%" + one_of(random, kFlags) + one_of(random, kWidths) +
                one_of(random, kPrecisions) + one_of(random, kTypes);
    }
    std::string call = (random.below(2) == 0 ? "printf('" : "format('") + format + "'";
    for (uint64_t n = random.below(6); n > 0; n--) call += "," + one_of(random, kValues);
    call += ")";
    ASSERT_EQ(ours.ask(call), theirs.ask(call)) << call << " of " << i;
  }
}

TEST(FormatFunctions, LargeAmountsAreRefusedAtOnce) {
  Database ours(true);
  const Nanos began = monotonic_now();
  for (const char* call :
       {"printf('%.*c', 2000000000, 'x')", "format('%.2000000000c', 'x')",
        "printf('%2000000000d', 1)", "printf('%*s', -2000000000, 'x')",
        "printf('%.99999999999999999999f', 1.0)", "printf('%16777216c%16777216c', 'x', 'y')"}) {
    EXPECT_EQ(ours.ask(call), "error: string or blob too big") << call;
  }
  EXPECT_LT(monotonic_now() - began, 5 * kSecond);  // SQLite's own function would take minutes
}

TEST(FormatFunctions, WithoutAFormatThereIsNothing) {
  Database ours(true);
  EXPECT_EQ(ours.ask("printf(NULL, 1)"), "");
  EXPECT_EQ(ours.ask("printf('')"), "");
}

}  // namespace
}  // namespace multiaz::dbnode::test
