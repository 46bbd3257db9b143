// Attribute values as on the wire: {"S": "text"}, {"N": "12.5"}, {"M": {..}}, ... A Value is that
// JSON, checked once when it comes in; an Item is an object of them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz::awsapi::dynamodb {

using Value = nlohmann::json;
using Item = nlohmann::json;

constexpr size_t kItemBytesMax = 400 << 10;
constexpr size_t kNestingMax = 32;

// Checks that it has exactly one known type with valid content; numbers are normalised, and sets
// must not be empty or contain duplicates. kInvalid in AWS's words.
Status check_value(Value& value, size_t depth = 0);
Status check_item(Item& item);  // an object of values, at most 400 KB

std::string_view type_of(const Value& value);  // "S" "N" "B" "BOOL" "NULL" "M" "L" "SS" "NS" "BS"
const nlohmann::json& content_of(const Value& value);
std::string_view scalar_of(const Value& value);  // the content of an S, N or B; "" of the others
// The size of names and values, as AWS counts them for its limits.
size_t bytes_of(const Value& value);
size_t bytes_of_item(const Item& item);

bool equal(const Value& a, const Value& b);  // sets without order
// <, = or > as -1, 0, 1; nullopt when they cannot be compared (different types, or M, L, sets).
std::optional<int> order_of(const Value& a, const Value& b);
// A hexadecimal text that sorts like the key's value in every database. kInvalid unless S, N or B.
Result<std::string> key_text(const Value& value);

}  // namespace multiaz::awsapi::dynamodb
