#include "dbnode/pg_types.h"

#include <sqlite3.h>

#include <bit>
#include <limits>

#include "dbnode/pg_binary.h"
#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {
namespace {

struct DeclaredRow {
  std::string_view word;  // first word of the declared type
  uint32_t oid;
};
// SQLite's INTEGER holds 64 bits, so INT and SERIAL columns are int8 here.
constexpr DeclaredRow kDeclared[] = {
    {"integer", kInt8},
    {"bigint", kInt8},
    {"int", kInt8},
    {"int8", kInt8},
    {"serial", kInt8},
    {"bigserial", kInt8},
    {"int4", kInt4},
    {"int2", kInt2},
    {"smallint", kInt2},
    {"text", kText},
    {"varchar", kText},
    {"character", kText},
    {"char", kText},
    {"clob", kText},
    {"citext", kText},
    {"real", kFloat8},
    {"double", kFloat8},
    {"float", kFloat8},
    {"float8", kFloat8},
    {"float4", kFloat8},
    {"blob", kBytea},
    {"bytea", kBytea},
    {"boolean", kBool},
    {"bool", kBool},
    {"numeric", kNumeric},
    {"decimal", kNumeric},
    {"timestamp", kTimestamp},
    {"timestamptz", kTimestampTz},
    {"datetime", kTimestamp},
    {"date", kDate},
    {"time", kTime},
    {"json", kJson},
    {"jsonb", kJsonb},
    {"uuid", kUuid},
};

std::string_view column_bytes(sqlite3_stmt* row, int column) {
  // The order matters: sqlite3_column_bytes() counts the form to which the call before has
  // converted.
  const void* data = sqlite3_column_type(row, column) == SQLITE_BLOB
                         ? sqlite3_column_blob(row, column)
                         : static_cast<const void*>(sqlite3_column_text(row, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(row, column));
  return {data ? static_cast<const char*>(data) : "", size};
}

Error unfit(uint32_t oid, std::string_view what) {
  return Error(Code::kInvalid, "a stored value is " + std::string(what) +
                                   ", which the column's type (oid " + std::to_string(oid) +
                                   ") cannot hold");
}

std::string value_text(sqlite3_stmt* row, int column, uint32_t oid) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER: {
      const int64_t value = sqlite3_column_int64(row, column);
      if (oid == kBool) return value != 0 ? "t" : "f";
      return std::to_string(value);
    }
    case SQLITE_FLOAT: return float_text(sqlite3_column_double(row, column));
    case SQLITE_BLOB: return bytea_text(column_bytes(row, column));
    default: return std::string(column_bytes(row, column));
  }
}

Status encode_integer(sqlite3_stmt* row, int column, uint32_t oid, std::string& out) {
  if (sqlite3_column_type(row, column) != SQLITE_INTEGER) return unfit(oid, "not an integer");
  const int64_t value = sqlite3_column_int64(row, column);
  if (oid == kBool) {
    out.push_back(value != 0 ? 1 : 0);
  } else if (oid == kInt8) {
    append_be(out, value);
  } else if (oid == kInt4) {
    if (value != static_cast<int32_t>(value)) return unfit(oid, "out of range");
    append_be(out, static_cast<int32_t>(value));
  } else {
    if (value != static_cast<int16_t>(value)) return unfit(oid, "out of range");
    append_be(out, static_cast<int16_t>(value));
  }
  return {};
}

Status encode_binary(sqlite3_stmt* row, int column, uint32_t oid, std::string& out) {
  const int storage = sqlite3_column_type(row, column);
  switch (oid) {
    case kBool:
    case kInt2:
    case kInt4:
    case kInt8: return encode_integer(row, column, oid, out);
    case kFloat8:
      if (storage != SQLITE_FLOAT && storage != SQLITE_INTEGER) return unfit(oid, "not a number");
      append_be(out, std::bit_cast<int64_t>(sqlite3_column_double(row, column)));
      return {};
    case kBytea: out += column_bytes(row, column); return {};
    default: out += value_text(row, column, oid); return {};
  }
}

int bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
  return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT,
                             SQLITE_UTF8);
}

Status bound(int rc) {
  if (rc == SQLITE_OK) return {};
  return Error(rc == SQLITE_TOOBIG ? Code::kLimit : Code::kInternal, sqlite3_errstr(rc));
}

Status bind_integer(sqlite3_stmt* statement, int index, const Result<int64_t>& value) {
  if (!value) return value.error();
  return bound(sqlite3_bind_int64(statement, index, *value));
}

// A number that an integer or a double holds without loss is bound as such, any other as text.
Status bind_numeric(sqlite3_stmt* statement, int index, std::string_view text) {
  const auto integer = parse_integer(text);
  if (integer) return bound(sqlite3_bind_int64(statement, index, *integer));
  const auto number = parse_float(text);
  if (!number) return Error(Code::kInvalid, "invalid input syntax for type numeric");
  if (text.size() > std::numeric_limits<double>::digits10) {
    return bound(bind_text(statement, index, text));
  }
  return bound(sqlite3_bind_double(statement, index, *number));
}

Status bind_text_form(sqlite3_stmt* statement, int index, uint32_t oid, std::string_view text) {
  switch (oid) {
    case kInt2:
    case kInt4:
    case kInt8: return bind_integer(statement, index, parse_integer(text));
    case kNumeric: return bind_numeric(statement, index, text);
    case kFloat4:
    case kFloat8: {
      const auto value = parse_float(text);
      if (!value) return value.error();
      return bound(sqlite3_bind_double(statement, index, *value));
    }
    case kBool: {
      const auto value = parse_bool(text);
      if (!value) return value.error();
      return bound(sqlite3_bind_int64(statement, index, *value ? 1 : 0));
    }
    case kBytea: {
      const auto value = parse_bytea(text);
      if (!value) return value.error();
      return bound(
          sqlite3_bind_blob64(statement, index, value->data(), value->size(), SQLITE_TRANSIENT));
    }
    default: return bound(bind_text(statement, index, text));
  }
}

Status bind_result(sqlite3_stmt* statement, int index, const Result<std::string>& text) {
  if (!text) return text.error();
  return bound(bind_text(statement, index, *text));
}

Status bind_binary_form(sqlite3_stmt* statement, int index, uint32_t oid, std::string_view bytes) {
  const int16_t wanted = type_bytes(oid);
  if (wanted >= 0 && bytes.size() != static_cast<size_t>(wanted)) {
    return Error(Code::kInvalid,
                 "incorrect binary data format in bind parameter " + std::to_string(index));
  }
  switch (oid) {
    case kInt2: return bind_integer(statement, index, int64_t{load_be<int16_t>(bytes)});
    case kInt4: return bind_integer(statement, index, int64_t{load_be<int32_t>(bytes)});
    case kInt8: return bind_integer(statement, index, load_be<int64_t>(bytes));
    case kBool: return bind_integer(statement, index, int64_t{bytes[0] != 0});
    case kFloat4:
      return bound(sqlite3_bind_double(
          statement, index, static_cast<double>(std::bit_cast<float>(load_be<uint32_t>(bytes)))));
    case kFloat8:
      return bound(
          sqlite3_bind_double(statement, index, std::bit_cast<double>(load_be<uint64_t>(bytes))));
    case kBytea:
      return bound(
          sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
    case kNumeric: {
      const auto text = numeric_from_binary(bytes);
      if (!text) return text.error();
      return bind_numeric(statement, index, *text);
    }
    case kUuid: return bind_result(statement, index, uuid_from_binary(bytes));
    case kTimestamp:
    case kTimestampTz:
      return bound(bind_text(statement, index,
                             timestamp_text(load_be<int64_t>(bytes), oid == kTimestampTz)));
    case kDate: return bound(bind_text(statement, index, date_text(load_be<int32_t>(bytes))));
    case kJsonb:  // a version byte comes first
      return bound(bind_text(statement, index, bytes.empty() ? bytes : bytes.substr(1)));
    default: return bound(bind_text(statement, index, bytes));
  }
}

}  // namespace

int16_t type_bytes(uint32_t oid) {
  switch (oid) {
    case kBool: return 1;
    case kInt2: return 2;
    case kInt4:
    case kFloat4:
    case kDate: return 4;
    case kInt8:
    case kFloat8:
    case kTimestamp:
    case kTimestampTz: return 8;
    case kUuid: return 16;
    default: return -1;
  }
}

uint32_t declared_type(std::string_view declaration) {
  const auto tokens = tokenize(declaration);
  if (tokens.empty() || tokens[0].kind != TokenKind::kWord) return kUnspecified;
  for (const DeclaredRow& row : kDeclared) {
    if (!same_word(row.word, tokens[0].text)) continue;
    const bool with_zone = lower(declaration).find("with time zone") != std::string::npos;
    return row.oid == kTimestamp && with_zone ? uint32_t{kTimestampTz} : row.oid;
  }
  return kUnspecified;
}

uint32_t value_type(sqlite3_stmt* row, int column) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER: return kInt8;
    case SQLITE_FLOAT: return kFloat8;
    case SQLITE_BLOB: return kBytea;
    case SQLITE_TEXT: return kText;
    default: return kUnspecified;
  }
}

uint32_t announced_type(uint32_t oid, int16_t format) {
  if (oid == kUnspecified) return kText;
  if (format == 0) return oid;
  switch (oid) {
    case kBool:
    case kInt2:
    case kInt4:
    case kInt8:
    case kFloat8:
    case kBytea:
    case kJson:
    case kText: return oid;
    // no other binary format is offered; the binary format of text is the text
    default: return kText;
  }
}

Status encode_value(sqlite3_stmt* row, int column, uint32_t oid, int16_t format, std::string& out) {
  if (format == 1) return encode_binary(row, column, oid, out);
  out += value_text(row, column, oid);
  return {};
}

Status bind_value(sqlite3_stmt* statement, int index, uint32_t oid, int16_t format,
                  std::string_view bytes) {
  return format == 1 ? bind_binary_form(statement, index, oid, bytes)
                     : bind_text_form(statement, index, oid, bytes);
}

}  // namespace multiaz::dbnode
