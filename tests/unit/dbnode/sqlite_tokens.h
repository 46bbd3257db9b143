// SQLite's own tokenizer, read through its error messages: SAVEPOINT and a name may not be followed
// by anything, so a syntax error names the first token of any text behind them as a whole.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/core/check.h"
#include "dbnode/sql_lexer.h"
#include "dbnode/store/memory.h"

namespace multiaz::dbnode::test {

class SqliteTokens {
 public:
  SqliteTokens() {
    store::install_memory_accounts();
    CHECK(sqlite3_open(":memory:", &db_) == SQLITE_OK);
  }
  ~SqliteTokens() { sqlite3_close(db_); }
  SqliteTokens(const SqliteTokens&) = delete;
  SqliteTokens& operator=(const SqliteTokens&) = delete;

  // Where each token begins and ends; blanks are what lies between. REQUIRES: no byte 0.
  std::vector<std::string> of(std::string_view text) {
    static constexpr std::string_view kBefore = "SAVEPOINT[a]";
    std::vector<std::string> out;
    for (size_t at = 0; at < text.size();) {
      const std::string sql = std::string(kBefore) + std::string(text.substr(at));
      sqlite3_stmt* statement = nullptr;
      const char* tail = nullptr;
      const int rc = sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, &tail);
      sqlite3_finalize(statement);
      if (rc == SQLITE_OK) {  // a semicolon, or only blanks
        const size_t end = static_cast<size_t>(tail - sql.c_str());
        if (!ends_in_semicolon(sql, end) || end <= kBefore.size()) break;
        out.emplace_back(";");
        at += end - kBefore.size();
        continue;
      }
      const std::string token = named(sqlite3_errmsg(db_));
      const int offset = sqlite3_error_offset(db_);
      CHECK(offset >= static_cast<int>(kBefore.size()) && !token.empty());
      out.push_back(token);
      at += static_cast<size_t>(offset) - kBefore.size() + token.size();
    }
    return out;
  }

 private:
  // The semicolon must not be inside a comment that goes on to the end of the text.
  bool ends_in_semicolon(const std::string& sql, size_t end) {
    if (end == 0 || sql[end - 1] != ';') return false;
    if (end < sql.size()) return true;
    const std::string more = sql + "\nx";
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    const int rc = sqlite3_prepare_v2(db_, more.c_str(), -1, &statement, &tail);
    sqlite3_finalize(statement);
    return rc == SQLITE_OK && static_cast<size_t>(tail - more.c_str()) == end;
  }
  // Reads the token from: near "X": syntax error, and: unrecognized token: "X"
  static std::string named(std::string message) {
    const size_t first = message.find('"');
    const size_t last = message.rfind('"');
    CHECK_NOTE(first != std::string::npos && last > first, message);
    return message.substr(first + 1, last - first - 1);
  }

  sqlite3* db_ = nullptr;
};

// The lexer's own tokens, without blanks.
inline std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> out;
  for (const Token& token : tokenize(text)) {
    if (token.kind != TokenKind::kBlank) out.emplace_back(token.text);
  }
  return out;
}

}  // namespace multiaz::dbnode::test
