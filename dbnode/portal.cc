#include "dbnode/portal.h"

#include <sqlite3.h>

#include <algorithm>
#include <variant>

#include "dbnode/pg_binary.h"
#include "dbnode/pg_types.h"
#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {
namespace {

constexpr size_t kParametersMax = 32'767;
constexpr int kColumnsMax = 1600;          // PostgreSQL's own bound
constexpr size_t kRowBytesMax = 64 << 20;  // as sent to the client

Failure compile(store::Connection& connection, const std::string& sql, Handle& out) {
  const store::MemoryAccount::Bounded bounded(connection.memory());
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int rc = sqlite3_prepare_v3(connection.raw(), sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &statement, &tail);
  out.reset(statement);
  if (rc != SQLITE_OK) return sqlite_error(connection, rc);
  if (!statement) return make_error("42601", "syntax error at end of input");
  const size_t used = static_cast<size_t>(tail - sql.data());
  for (const Token& token : tokenize(std::string_view(sql).substr(used))) {
    if (token.kind == TokenKind::kBlank) continue;
    return make_error("42601", "syntax error at or near \"" + std::string(token.text) + "\"");
  }
  return {};
}

// Parameters $1... may come in any order and number; SQLite numbers them by appearance.
Failure map_parameters(Prepared& prepared) {
  sqlite3_stmt* statement = prepared.idle.get();
  size_t count = 0;
  for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
    const char* name = sqlite3_bind_parameter_name(statement, i);
    const auto number = parse_integer(name && name[0] == '$' ? name + 1 : "");
    if (!number || *number < 1 || static_cast<size_t>(*number) > kParametersMax) {
      return make_error("42601", "parameters are written $1, $2, ...");
    }
    prepared.slots.push_back(static_cast<size_t>(*number) - 1);
    count = std::max(count, prepared.slots.back() + 1);
  }
  if (prepared.parameter_types.size() < count) prepared.parameter_types.resize(count, kUnspecified);
  return {};
}

uint32_t guess_type(std::string_view column_name) {
  return lower(column_name.substr(0, 6)) == "count(" ? kInt8 : kUnspecified;
}

std::string column_name(sqlite3_stmt* statement, int column) {
  const char* name = sqlite3_column_name(statement, column);
  const std::string text(name ? name : "");
  // PostgreSQL names "count(*)" count, and any other unnamed expression ?column?.
  const size_t paren = text.find('(');
  if (paren == std::string::npos || sqlite3_column_origin_name(statement, column)) return text;
  const std::string function = lower(text.substr(0, paren));
  const auto tokens = tokenize(function);
  if (tokens.size() == 1 && tokens[0].kind == TokenKind::kWord && text.back() == ')') {
    return function;
  }
  return text;
}

Columns describe_columns(sqlite3_stmt* statement, bool has_row) {
  Columns out;
  for (int i = 0; i < sqlite3_column_count(statement); i++) {
    wire::pg::ColumnDescription column;
    column.name = column_name(statement, i);
    const char* declared = sqlite3_column_decltype(statement, i);
    uint32_t oid = declared ? declared_type(declared) : uint32_t{kUnspecified};
    if (oid == kUnspecified && has_row) oid = value_type(statement, i);
    if (oid == kUnspecified) oid = guess_type(sqlite3_column_name(statement, i));
    column.type_oid = announced_type(oid, 0);
    column.type_bytes = type_bytes(column.type_oid);
    out.push_back(std::move(column));
  }
  return out;
}

void set_formats(Columns& columns, const std::vector<int16_t>& formats) {
  for (size_t i = 0; i < columns.size(); i++) {
    const int16_t format = formats.empty()       ? int16_t{0}
                           : formats.size() == 1 ? formats[0]
                                                 : formats[std::min(i, formats.size() - 1)];
    columns[i].format = format;
    columns[i].type_oid = announced_type(columns[i].type_oid, format);
    columns[i].type_bytes = type_bytes(columns[i].type_oid);
  }
}

}  // namespace

void Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Failure prepare(store::Connection& connection, const Statement& statement,
                std::vector<uint32_t> types, Prepared& out) {
  out.statement = statement;
  out.parameter_types = std::move(types);
  if (!statement.refused.empty()) return make_error("54000", statement.refused);
  auto utility = parse_utility(statement);
  if (!utility) {
    return make_error(utility.error().code == Code::kConflict ? "0A000" : "42601",
                      utility.error().detail);
  }
  out.utility = std::move(*utility);
  if (out.utility) return {};
  Failure failed = compile(connection, statement.sql, out.idle);
  if (failed) {
    failed->position = failed->position && statement.same_text
                           ? failed->position + static_cast<int>(statement.offset)
                           : 0;
    return failed;
  }
  if (sqlite3_column_count(out.idle.get()) > kColumnsMax) {
    return make_error("54011", "a result has at most 1600 columns");
  }
  out.writes = sqlite3_stmt_readonly(out.idle.get()) == 0 || statement.for_update;
  return map_parameters(out);
}

Columns describe_statement(const Prepared& prepared) {
  if (prepared.utility) {
    const auto* show = std::get_if<ShowParameter>(&*prepared.utility);
    return show ? show_columns(show->name) : Columns();
  }
  return prepared.idle ? describe_columns(prepared.idle.get(), false) : Columns();
}

Columns show_columns(const std::string& name) {
  Columns out(1);
  out[0].name = name;
  return out;
}

Portal::~Portal() {
  if (!handle_) return;
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  if (!source_->idle) source_->idle = std::move(handle_);
}

bool Portal::returns_rows() const {
  if (source_->utility) return std::holds_alternative<ShowParameter>(*source_->utility);
  return handle_ && sqlite3_column_count(handle_.get()) > 0;
}

Failure Portal::bind(store::Connection& connection, const wire::pg::Bind& message) {
  Prepared& source = *source_;
  if (message.parameters.size() != source.parameter_types.size()) {
    return make_error("08P01", "bind message supplies " +
                                   std::to_string(message.parameters.size()) +
                                   " parameters, but prepared statement \"" + message.statement +
                                   "\" requires " + std::to_string(source.parameter_types.size()));
  }
  formats_ = message.result_formats;
  if (source.utility || source.empty) return {};
  handle_ = std::move(source.idle);
  if (!handle_) {
    Failure failed = compile(connection, source.statement.sql, handle_);
    if (failed) return failed;
  }
  const auto columns = static_cast<size_t>(sqlite3_column_count(handle_.get()));
  if (formats_.size() > 1 && formats_.size() != columns) {
    return make_error("08P01", "bind message has " + std::to_string(formats_.size()) +
                                   " result formats but query has " + std::to_string(columns) +
                                   " columns");
  }
  return bind_parameters(connection, message);
}

Failure Portal::bind_parameters(store::Connection& connection, const wire::pg::Bind& message) {
  const store::MemoryAccount::Bounded bounded(connection.memory());
  for (size_t i = 0; i < source_->slots.size(); i++) {
    const size_t number = source_->slots[i];
    const auto& value = message.parameters[number];
    if (!value) continue;  // unbound parameters are NULL
    const int16_t format = message.parameter_format(number);
    const Status bound = bind_value(handle_.get(), static_cast<int>(i) + 1,
                                    source_->parameter_types[number], format, *value);
    if (bound) continue;
    if (bound.error().code == Code::kLimit) return make_error("54000", "a parameter is too large");
    return make_error(format == 1 ? "22P03" : "22P02", bound.error().detail);
  }
  return {};
}

Failure Portal::advance(store::Connection& connection) {
  if (state_ == State::kRow || state_ == State::kDone) return {};
  int rc;
  {
    const store::MemoryAccount::Bounded bounded(connection.memory());
    const store::Connection::Step step(connection);
    rc = sqlite3_step(handle_.get());
  }
  if (rc == SQLITE_ROW) {
    const bool first = state_ == State::kBound;
    state_ = State::kRow;
    const auto count = static_cast<size_t>(sqlite3_column_count(handle_.get()));
    const auto* promised = columns_             ? &*columns_
                           : source_->announced ? &*source_->announced
                                                : nullptr;
    if (first && promised && promised->size() != count) {
      return make_error("0A000", "cached plan must not change result type");
    }
    return {};
  }
  state_ = State::kDone;
  if (rc == SQLITE_DONE) return {};
  // The error must be read before the reset, which ends the statement's own transaction.
  Failure failed = sqlite_error(connection, rc);
  sqlite3_reset(handle_.get());
  return failed;
}

const Columns& Portal::columns() {
  if (columns_) return *columns_;
  if (source_->announced) {
    columns_ = *source_->announced;
  } else if (source_->utility) {
    columns_ = describe_statement(*source_);
  } else {
    columns_ = describe_columns(handle_.get(), has_row());
  }
  set_formats(*columns_, formats_);
  return *columns_;
}

Failure Portal::write_row(std::string& out) {
  const Columns& columns = this->columns();
  sqlite3_stmt* row = handle_.get();
  const size_t mark = out.size();
  wire::pg::BackendWriter writer(out);
  writer.begin_data_row(columns.size());
  std::string bytes;
  for (size_t i = 0; i < columns.size(); i++) {
    const int index = static_cast<int>(i);
    if (sqlite3_column_type(row, index) == SQLITE_NULL) {
      writer.null_column();
      continue;
    }
    bytes.clear();
    const Status encoded = encode_value(row, index, columns[i].type_oid, columns[i].format, bytes);
    if (!encoded) {
      out.resize(mark);
      return make_error("42804", encoded.error().detail);
    }
    writer.column(bytes);
    if (out.size() - mark > kRowBytesMax) {
      out.resize(mark);
      return make_error("54000", "a row of a result is too large: at most " +
                                     std::to_string(kRowBytesMax) + " bytes");
    }
  }
  writer.end_data_row();
  state_ = State::kBetween;
  return {};
}

}  // namespace multiaz::dbnode
