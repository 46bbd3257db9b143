#include "clients/statement.h"

#include <libpq-fe.h>

#include <charconv>

namespace multiaz::clients {

namespace {

int64_t parse_number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

struct StateRule {
  std::string_view prefix;
  SqlClass meaning;
};
// The first rule that matches counts.
constexpr StateRule kStateRules[] = {
    {"40003", SqlClass::kInDoubt},  // statement completion unknown
    {"08007", SqlClass::kInDoubt},  // transaction resolution unknown
    {"40001", SqlClass::kRetry},    // serialization failure
    {"40P01", SqlClass::kRetry},    // deadlock
    {"55P03", SqlClass::kRetry},    // lock not available
    {"25006", SqlClass::kMoved},    // read-only: not the primary, or not any more
    {"53300", SqlClass::kMoved},    // too many connections
    {"57P", SqlClass::kMoved},      // shutting down, starting up
    {"57014", SqlClass::kMoved},    // cancelled
    {"08", SqlClass::kMoved},       // connection exceptions
    {"58", SqlClass::kMoved},       // system errors
    {"53", SqlClass::kMoved},       // out of resources
};

}  // namespace

void Rows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

size_t Rows::size() const {
  return static_cast<size_t>(PQntuples(result_.get()));
}

std::string_view Rows::view(size_t row, size_t column) const {
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  const char* value = PQgetvalue(result_.get(), r, c);
  if (value == nullptr) return "";
  return std::string_view(value, static_cast<size_t>(PQgetlength(result_.get(), r, c)));
}

int64_t Rows::number(size_t row, size_t column) const {
  return parse_number(view(row, column));
}

int64_t Rows::affected() const {
  return parse_number(PQcmdTuples(result_.get()));
}

SqlClass classify_sqlstate(std::string_view sqlstate) {
  for (const StateRule& rule : kStateRules) {
    if (sqlstate.starts_with(rule.prefix)) return rule.meaning;
  }
  return SqlClass::kFinal;
}

}  // namespace multiaz::clients
