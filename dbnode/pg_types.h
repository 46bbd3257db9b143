// PostgreSQL's types for values that SQLite types one by one.
//
// A column that comes straight from a table has its declared type; any other column has the type of
// its value in the first row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"

struct sqlite3_stmt;

namespace multiaz::dbnode {

enum Oid : uint32_t {
  kUnspecified = 0,
  kBool = 16,
  kBytea = 17,
  kName = 19,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kJson = 114,
  kFloat4 = 700,
  kFloat8 = 701,
  kUnknown = 705,
  kBpchar = 1042,
  kVarchar = 1043,
  kDate = 1082,
  kTime = 1083,
  kTimestamp = 1114,
  kTimestampTz = 1184,
  kNumeric = 1700,
  kUuid = 2950,
  kJsonb = 3802,
};

// Bytes of a value of this type; -1 when they vary.
int16_t type_bytes(uint32_t oid);

// The type of a declaration ("BIGINT", "varchar(20)", "DOUBLE PRECISION"); kUnspecified when there
// is none or it is unknown.
uint32_t declared_type(std::string_view declaration);
// The type of column `column` in the current row, by SQLite's storage class; kUnspecified for NULL.
uint32_t value_type(sqlite3_stmt* row, int column);
// The type that a result column is announced with: the wanted one if it can be sent in `format`,
// else text.
uint32_t announced_type(uint32_t oid, int16_t format);

// Appends the bytes of a column that is not NULL, as type `oid` in `format` (0 text, 1 binary).
// kInvalid when the value does not fit the type (SQLite allows a text in an INTEGER column).
Status encode_value(sqlite3_stmt* row, int column, uint32_t oid, int16_t format, std::string& out);

// Binds parameter `index` (SQLite's, from 1). kInvalid in PostgreSQL's words when the bytes are no
// value of the type (22P02 in text, 22P03 in binary).
Status bind_value(sqlite3_stmt* statement, int index, uint32_t oid, int16_t format,
                  std::string_view bytes);

}  // namespace multiaz::dbnode
