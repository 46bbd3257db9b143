// JSON from wires and files, read and written so that nothing throws (RFC 8259).
//
// Both kinds of nlohmann's values work: json sorts its keys, ordered_json keeps their order.
// Getters are typed: a value of another type is kInvalid with a text that names the key and what is
// allowed there, e.g. `"port" is an integer from 1 to 65535`.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz::jsonio {

constexpr int kDepthMax = 64;  // deepest nesting of arrays and objects; deeper is kLimit

// JSON on one line, or indented by `indent` spaces. Bytes that are not UTF-8 become U+FFFD.
template <typename Json>
std::string dump(const Json& value, int indent = -1);

// kInvalid with the place of the first mistake; kLimit when the nesting is too deep.
template <typename Json = nlohmann::json>
Result<Json> parse(std::string_view text, int depth_max = kDepthMax);
// Like parse(), and kInvalid unless the text is an object.
template <typename Json = nlohmann::json>
Result<Json> parse_object(std::string_view text, int depth_max = kDepthMax);

// Reads what an untrusted client sent as a request: it must be an object, without a key that comes
// twice in any object, because programs differ in which of the two they read. Everything else is
// kInvalid, also too deep a nesting.
template <typename Json = nlohmann::json>
Result<Json> parse_strict(std::string_view text, int depth_max = kDepthMax);

// The value under the key; nullptr when it is absent or null, or when `from` is not an object.
template <typename Json>
const Json* find(const Json& from, std::string_view key);

// The value under the key. An absent or null one gives the fallback; without a fallback that is
// kInvalid, and so is a value of another type.
template <typename Json>
Result<std::string> text(const Json& from, std::string_view key,
                         std::optional<std::string_view> fallback = std::nullopt);
template <typename Json>
Result<bool> flag(const Json& from, std::string_view key,
                  std::optional<bool> fallback = std::nullopt);
// An integer within [low, high]. Outside of these it is kInvalid, and the text names both bounds.
template <typename Json>
Result<int64_t> integer(const Json& from, std::string_view key, int64_t low, int64_t high,
                        std::optional<int64_t> fallback = std::nullopt);
template <typename Json>
Result<uint64_t> count(const Json& from, std::string_view key,
                       std::optional<uint64_t> fallback = std::nullopt,
                       uint64_t high = std::numeric_limits<uint64_t>::max());
// Any finite number; an integer is one, too.
template <typename Json>
Result<double> number(const Json& from, std::string_view key,
                      std::optional<double> fallback = std::nullopt);
// The array or object under the key; an empty one when it is absent. kInvalid for another type.
template <typename Json>
Result<const Json*> array(const Json& from, std::string_view key);
template <typename Json>
Result<const Json*> object(const Json& from, std::string_view key);

// For texts that are only shown: the string itself, or "" when the value is no string.
template <typename Json>
std::string text_or_empty(const Json& value);

}  // namespace multiaz::jsonio
