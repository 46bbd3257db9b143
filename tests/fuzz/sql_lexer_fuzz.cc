// The lexer and SQLite's own tokenizer find the same tokens at every byte. Where they differed, a
// word that ends a transaction could be hidden from the session.
#include <cstdlib>
#include <string>

#include "dbnode/statement.h"
#include "tests/unit/dbnode/sqlite_tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multiaz::dbnode;
  static test::SqliteTokens sqlite;
  if (size > 512) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find('\0') != std::string::npos) return 0;  // the protocol's texts end there
  for (const Statement& statement : split_statements(text)) {
    if (statement.sql.size() > size * 20 + 20) abort();
  }
  if (text.find("::") != std::string::npos) return 0;  // a cast, which SQLite never gets
  if (test::tokens_of(text) != sqlite.of(text)) abort();
  return 0;
}
