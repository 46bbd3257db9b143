#include "base/core/jsonio.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/core/printable.h"

namespace multiaz::jsonio {

namespace {

Error wrong(std::string_view key, const std::string& allowed) {
  return Error(Code::kInvalid, "\"" + std::string(key) + "\" is " + allowed);
}

Error absent(std::string_view key) {
  return Error(Code::kInvalid, "\"" + std::string(key) + "\" is missing");
}

// The deepest nesting outside of strings. A text that is no JSON has a depth as well.
int nesting_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

template <typename Json>
std::string dump(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

template <typename Json>
Result<Json> parse(std::string_view text, int depth_max) {
  // Values are written, compared and copied by recursion, so their depth is a depth of the stack.
  if (nesting_of(text) > depth_max) {
    return Error(Code::kLimit, "the JSON nests deeper than " + std::to_string(depth_max));
  }
  try {
    return Json::parse(text);
  } catch (const std::exception& thrown) {
    std::string what = thrown.what();  // "[json.exception.parse_error.101] parse error at ..."
    if (const size_t end = what.find("] "); end != std::string::npos) what.erase(0, end + 2);
    return Error(Code::kInvalid, "no JSON: " + printable(what));
  }
}

template <typename Json>
Result<Json> parse_object(std::string_view text, int depth_max) {
  Result<Json> parsed = parse<Json>(text, depth_max);
  if (parsed && !parsed->is_object()) return Error(Code::kInvalid, "this is no JSON object");
  return parsed;
}

template <typename Json>
Result<Json> parse_strict(std::string_view text, int depth_max) {
  const Result<Json> parsed = parse_object<Json>(text, depth_max);
  if (!parsed) return Error(Code::kInvalid, parsed.error().detail);
  std::vector<std::set<std::string>> open;
  std::string repeated;
  Json again = Json::parse(text, [&](int, typename Json::parse_event_t event, const Json& value) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && repeated.empty() &&
        !open.back().insert(text_or_empty(value)).second) {
      repeated = text_or_empty(value);
    }
    return true;
  });
  if (repeated.empty()) return again;
  return Error(Code::kInvalid, "\"" + repeated + "\" is said twice in one object");
}

template <typename Json>
const Json* find(const Json& from, std::string_view key) {
  if (!from.is_object()) return nullptr;
  const auto found = from.find(std::string(key));
  return found == from.end() || found->is_null() ? nullptr : &*found;
}

template <typename Json>
Result<std::string> text(const Json& from, std::string_view key,
                         std::optional<std::string_view> fallback) {
  const Json* value = find(from, key);
  if (!value) return fallback ? Result<std::string>(std::string(*fallback)) : absent(key);
  if (!value->is_string()) return wrong(key, "a string");
  return value->template get<std::string>();
}

template <typename Json>
Result<bool> flag(const Json& from, std::string_view key, std::optional<bool> fallback) {
  const Json* value = find(from, key);
  if (!value) return fallback ? Result<bool>(*fallback) : absent(key);
  if (!value->is_boolean()) return wrong(key, "true or false");
  return value->template get<bool>();
}

template <typename Json>
Result<int64_t> integer(const Json& from, std::string_view key, int64_t low, int64_t high,
                        std::optional<int64_t> fallback) {
  const Json* value = find(from, key);
  if (!value) return fallback ? Result<int64_t>(*fallback) : absent(key);
  const std::string allowed =
      "an integer from " + std::to_string(low) + " to " + std::to_string(high);
  if (!value->is_number_integer()) return wrong(key, allowed);
  if (value->is_number_unsigned() &&
      value->template get<uint64_t>() >
          static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return wrong(key, allowed);
  }
  const auto number = value->template get<int64_t>();
  if (number < low || number > high) return wrong(key, allowed);
  return number;
}

template <typename Json>
Result<uint64_t> count(const Json& from, std::string_view key, std::optional<uint64_t> fallback,
                       uint64_t high) {
  const Json* value = find(from, key);
  if (!value) return fallback ? Result<uint64_t>(*fallback) : absent(key);
  const bool bounded = high != std::numeric_limits<uint64_t>::max();
  const std::string allowed =
      bounded ? "an integer from 0 to " + std::to_string(high) : "an integer, 0 or more";
  // A value made in this process keeps the sign of its C++ type.
  if (!value->is_number_integer()) return wrong(key, allowed);
  if (!value->is_number_unsigned() && value->template get<int64_t>() < 0) {
    return wrong(key, allowed);
  }
  const auto number = value->template get<uint64_t>();
  if (number > high) return wrong(key, allowed);
  return number;
}

template <typename Json>
Result<double> number(const Json& from, std::string_view key, std::optional<double> fallback) {
  const Json* value = find(from, key);
  if (!value) return fallback ? Result<double>(*fallback) : absent(key);
  if (!value->is_number()) return wrong(key, "a number");
  const auto out = value->template get<double>();
  if (!std::isfinite(out)) return wrong(key, "a finite number");
  return out;
}

template <typename Json>
Result<const Json*> array(const Json& from, std::string_view key) {
  static const Json kEmpty = Json::array();
  const Json* value = find(from, key);
  if (!value) return &kEmpty;
  if (!value->is_array()) return wrong(key, "an array");
  return value;
}

template <typename Json>
Result<const Json*> object(const Json& from, std::string_view key) {
  static const Json kEmpty = Json::object();
  const Json* value = find(from, key);
  if (!value) return &kEmpty;
  if (!value->is_object()) return wrong(key, "an object");
  return value;
}

template <typename Json>
std::string text_or_empty(const Json& value) {
  return value.is_string() ? value.template get<std::string>() : std::string();
}

// NOLINTBEGIN: one line for each kind of value and function
#define MULTIAZ_JSON(J)                                                                           \
  template std::string dump(const J&, int);                                                       \
  template Result<J> parse<J>(std::string_view, int);                                             \
  template Result<J> parse_object<J>(std::string_view, int);                                      \
  template Result<J> parse_strict<J>(std::string_view, int);                                      \
  template const J* find(const J&, std::string_view);                                             \
  template Result<std::string> text(const J&, std::string_view, std::optional<std::string_view>); \
  template Result<bool> flag(const J&, std::string_view, std::optional<bool>);                    \
  template Result<int64_t> integer(const J&, std::string_view, int64_t, int64_t,                  \
                                   std::optional<int64_t>);                                       \
  template Result<uint64_t> count(const J&, std::string_view, std::optional<uint64_t>, uint64_t); \
  template Result<double> number(const J&, std::string_view, std::optional<double>);              \
  template Result<const J*> array(const J&, std::string_view);                                    \
  template Result<const J*> object(const J&, std::string_view);                                   \
  template std::string text_or_empty(const J&);
MULTIAZ_JSON(nlohmann::json)
MULTIAZ_JSON(nlohmann::ordered_json)
#undef MULTIAZ_JSON
// NOLINTEND

}  // namespace multiaz::jsonio
