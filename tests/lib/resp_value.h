// RESP, client side: replies as a tree of values, and commands as bytes. For tests and tools.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace multiaz::wire::resp {

constexpr int kReplyDepthMax = 32;
constexpr size_t kReplyItemsMax = 1024 * 1024;

struct Value {
  enum class Type {
    kNull,
    kNullArray,
    kSimple,
    kError,
    kInteger,
    kBulk,
    kArray,
    kMap,
    kSet,
    kPush,
    kDouble,
    kBoolean,
    kBigNumber,
    kVerbatim,
    kBulkError,
  };
  Type type = Type::kNull;
  std::string text;          // simple, error, bulk, big number, verbatim (with its "txt:")
  int64_t integer = 0;       // integer; boolean as 1 and 0
  double number = 0;         // double
  std::vector<Value> items;  // array, set, push; map: key, value, key, value, ...

  [[nodiscard]] bool is_null() const { return type == Type::kNull || type == Type::kNullArray; }
  [[nodiscard]] bool is_error() const { return type == Type::kError || type == Type::kBulkError; }
  // The value of a key of a map (or of the flat array that version 2 sends for it), or null.
  [[nodiscard]] const Value* find(std::string_view key) const;
  // "[1, \"a\", nil]": for failure messages.
  [[nodiscard]] std::string show() const;
  bool operator==(const Value&) const;  // compares doubles by their bits
};

struct Reply {
  Value value;
  size_t consumed = 0;
};

// One reply from the start of the buffer; nullopt when more bytes are needed. kInvalid: malformed;
// kLimit: deeper or larger than the limits above. Scans from the start each time.
Result<std::optional<Reply>> decode_reply(std::string_view in);

// The exact opposite of decode_reply, for replies of any version.
void encode_value(const Value& value, std::string& out);

std::string encode_command(std::span<const std::string_view> args);
std::string encode_command(std::initializer_list<std::string_view> args);

}  // namespace multiaz::wire::resp
