// Attribute values as they travel: {"S": "text"}, {"N": "12.5"}, {"M": {..}}, ... A Value is that
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

// Exactly one known type, its content of the right form; numbers are put into normal form, sets
// must not be empty nor hold anything twice. kInvalid with AWS's words.
Status check_value(Value& value, size_t depth = 0);
Status check_item(Item& item);  // an object of values, 400 KB at most

std::string_view type_of(const Value& value);  // "S" "N" "B" "BOOL" "NULL" "M" "L" "SS" "NS" "BS"
const nlohmann::json& content_of(const Value& value);
// Names and values, as AWS counts them for its limits.
size_t bytes_of(const Value& value);
size_t bytes_of_item(const Item& item);

bool equal(const Value& a, const Value& b);  // sets without order
// <, = or > as -1, 0, 1; nothing when they cannot be compared (different types, or M, L, sets).
std::optional<int> order_of(const Value& a, const Value& b);
// How a key's value sorts: hexadecimal, so that every database agrees. kInvalid unless S, N or B.
Result<std::string> key_text(const Value& value);

}  // namespace multiaz::awsapi::dynamodb
