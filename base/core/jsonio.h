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

constexpr int kDepthMax = 64;  // of arrays and objects within each other; deeper is kLimit

// One line, or indented by `indent` spaces. Bytes that are no UTF-8 become U+FFFD.
template <typename Json>
std::string dump(const Json& value, int indent = -1);

// kInvalid with the place of the first mistake; kLimit for too deep a nesting.
template <typename Json = nlohmann::json>
Result<Json> parse(std::string_view text, int depth_max = kDepthMax);
// The same, and kInvalid unless it is an object.
template <typename Json = nlohmann::json>
Result<Json> parse_object(std::string_view text, int depth_max = kDepthMax);

// What a stranger sent as a request: an object, and no key twice in any object, for readers differ
// in which of the two counts. kInvalid for everything else, also for too deep a nesting.
template <typename Json = nlohmann::json>
Result<Json> parse_strict(std::string_view text, int depth_max = kDepthMax);

// The value under the key; nullptr when there is none, when it is null, or when `from` is no
// object.
template <typename Json>
const Json* find(const Json& from, std::string_view key);

// The value under the key. An absent one (or null) gives the fallback; without a fallback it is
// kInvalid, as another type is.
template <typename Json>
Result<std::string> text(const Json& from, std::string_view key,
                         std::optional<std::string_view> fallback = std::nullopt);
template <typename Json>
Result<bool> flag(const Json& from, std::string_view key,
                  std::optional<bool> fallback = std::nullopt);
// An integer within [low, high]; another one is kInvalid with the bounds in its text.
template <typename Json>
Result<int64_t> integer(const Json& from, std::string_view key, int64_t low, int64_t high,
                        std::optional<int64_t> fallback = std::nullopt);
template <typename Json>
Result<uint64_t> count(const Json& from, std::string_view key,
                       std::optional<uint64_t> fallback = std::nullopt,
                       uint64_t high = std::numeric_limits<uint64_t>::max());
// Any finite number, also an integer.
template <typename Json>
Result<double> number(const Json& from, std::string_view key,
                      std::optional<double> fallback = std::nullopt);
// The array or object under the key; an absent one is an empty one. kInvalid for another type.
template <typename Json>
Result<const Json*> array(const Json& from, std::string_view key);
template <typename Json>
Result<const Json*> object(const Json& from, std::string_view key);

// The value itself as a text: "" unless it is a string. For words that are only shown.
template <typename Json>
std::string text_or_empty(const Json& value);

}  // namespace multiaz::jsonio
