// SQL statements with parameters, and their results.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_result;

namespace multiaz::clients {

// One parameter $n. Its type is sent along, so that both SQLite and PostgreSQL read numbers as
// numbers.
class Param {
 public:
  Param(int64_t number) : text_(std::to_string(number)), number_(true) {}  // NOLINT: implicit
  Param(std::string text) : text_(std::move(text)) {}                      // NOLINT
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] unsigned type_oid() const { return number_ ? kInt8Oid : kTextOid; }

 private:
  static constexpr unsigned kInt8Oid = 20;
  static constexpr unsigned kTextOid = 25;
  std::string text_;
  bool number_ = false;
};
using Params = std::vector<Param>;

struct Statement {
  explicit Statement(std::string text, Params values = {})
      : sql(std::move(text)), params(std::move(values)) {}
  std::string sql;
  Params params;
};
using Batch = std::vector<Statement>;

// The rows of one statement, in text form.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}
  [[nodiscard]] size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  // Valid as long as the Rows are. NULL reads as "" or 0.
  [[nodiscard]] std::string_view view(size_t row, size_t column) const;
  [[nodiscard]] std::string text(size_t row, size_t column) const {
    return std::string(view(row, column));
  }
  [[nodiscard]] int64_t number(size_t row, size_t column) const;
  // Rows that an INSERT, UPDATE or DELETE changed.
  [[nodiscard]] int64_t affected() const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};
using RowSets = std::vector<Rows>;

// How the caller should react to an SQLSTATE.
enum class SqlClass {
  kFinal,  // the statement is wrong or refused; see sql_error()
  kRetry,  // definitely not executed, so it can be tried again here (serialisation, deadlock, busy)
  kMoved,  // definitely not executed, because this server cannot do it now; another one may
  kInDoubt,  // the server does not know whether it was executed
};
SqlClass classify_sqlstate(std::string_view sqlstate);

}  // namespace multiaz::clients
