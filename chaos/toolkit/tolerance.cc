// Judges tolerances with the quirks of Chaos Toolkit (experiment.h).
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "chaos/toolkit/experiment.h"

namespace multiaz::chaos {

namespace {

using Value = nlohmann::json;

// The bound ends a pattern that would run for ever on the output of a probe.
constexpr uint32_t kPatternStepsMax = 10'000'000;
constexpr uint32_t kPatternHeapKibMax = 64 * 1024;

Error unknown(const std::string& why) {
  return Error(Code::kInvalid, "tolerance: " + why);
}

bool is_result(const Value& output) {
  return output.is_object() && output.contains("status");
}

// Compares as Python does: numbers by value, and true is 1.
bool same(const Value& a, const Value& b) {
  const auto plain = [](const Value& one) {
    return one.is_boolean() ? Value(one == true ? 1 : 0) : one;
  };
  if (a.is_array() && b.is_array()) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
  }
  if (a.is_object() && b.is_object()) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a.items()) {
      const auto other = b.find(key);
      if (other == b.end() || !same(value, *other)) return false;
    }
    return true;
  }
  return plain(a) == plain(b);
}

// "stdout", "body", "status" name a part of a result; the whole when there is no such part.
Value part_of(const Value& output, const Value& tolerance) {
  const Value* target = jsonio::find(tolerance, "target");
  const Value* part = target ? jsonio::find(output, jsonio::text_or_empty(*target)) : nullptr;
  return part ? *part : output;
}

// A decimal number, also in a text with blanks around it; nothing for "12ms".
std::optional<long double> decimal(const Value& value) {
  if (value.is_boolean()) return value == true ? 1 : 0;
  if (value.is_number_float()) return jsonio::number_in(Value{{"n", value}}, "n");
  // The text keeps integers beyond a double's 53 bits exact.
  if (value.is_number()) return std::strtold(jsonio::dump(value).c_str(), nullptr);
  if (!value.is_string()) return std::nullopt;
  constexpr const char* kBlanks = " \t\n\r\f\v";
  std::string text = jsonio::text_or_empty(value);
  std::erase(text, '_');
  text.erase(0, std::min(text.find_first_not_of(kBlanks), text.size()));
  text.erase(text.find_last_not_of(kBlanks) + 1);
  const bool digits = text.find_first_of("0123456789") != text.npos;
  if (!digits || text.find_first_not_of("+-.0123456789eE") != text.npos) return std::nullopt;
  char* end = nullptr;
  const long double number = std::strtold(text.c_str(), &end);
  if (*end != 0 || std::isnan(number)) return std::nullopt;
  return number;
}

Status check_range(const Value& tolerance) {
  const Value* range = jsonio::find(tolerance, "range");
  const bool good = range && range->is_array() && range->size() == 2 &&
                    range->front().is_number() && range->back().is_number();
  if (!good) return unknown("range needs \"range\": [low, high], two numbers");
  return Status();
}

Result<bool> in_range(const Value& tolerance, const Value& output) {
  const Status good = check_range(tolerance);
  if (!good) return good.error();
  const Value& range = jsonio::items_in(tolerance, "range");
  const auto number = decimal(part_of(output, tolerance));
  const auto low = decimal(range.front()), high = decimal(range.back());
  return number && low && high && *number >= *low && *number <= *high;
}

Result<bool> by_path(const Value& tolerance, const Value& output) {
  const auto path = jsonio::text(tolerance, "path");
  if (!path) return unknown(path.error().detail);
  Value part = part_of(output, tolerance);
  if (part.is_string()) {
    auto parsed = jsonio::parse(jsonio::text_or_empty(part));
    if (parsed) part = std::move(*parsed);
  }
  const auto texts = follow_json_path(*path, jsonio::dump(part));
  if (!texts) return unknown(texts.error().detail);
  Value found = Value::array();
  for (const JsonText& text : *texts) {
    auto one = jsonio::parse(text);
    found.push_back(one ? std::move(*one) : Value());
  }
  const auto expects = tolerance.find("expect");
  if (expects != tolerance.end()) {  // "expect" takes precedence over "count"
    return same(found, expects->is_array() ? *expects : Value::array({*expects}));
  }
  const Value* count = jsonio::find(tolerance, "count");
  return count ? same(Value(found.size()), *count) : !found.empty();
}

// A compiled pattern, freed with its holder.
using Pattern = std::unique_ptr<pcre2_code, void (*)(pcre2_code*)>;

Result<Pattern> compile(const Value& tolerance) {
  const auto text = jsonio::text(tolerance, "pattern");
  if (!text) return unknown("regex: " + text.error().detail);
  int error = 0;
  size_t at = 0;
  Pattern out(pcre2_compile(reinterpret_cast<const unsigned char*>(text->data()), text->size(),
                            PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, nullptr),
              pcre2_code_free);
  if (out) return out;
  unsigned char why[128] = {};
  pcre2_get_error_message(error, why, sizeof why);
  return unknown("the pattern \"" + *text + "\" is wrong at " + std::to_string(at) + ": " +
                 reinterpret_cast<const char*>(why));
}

Result<bool> by_pattern(const Value& tolerance, const Value& output) {
  const auto pattern = compile(tolerance);
  if (!pattern) return pattern.error();
  const Value part = part_of(output, tolerance);
  if (!part.is_string()) {
    return unknown("a pattern needs a text: give \"target\": stdout, stderr or body; it was " +
                   jsonio::dump(part).substr(0, 80));
  }
  const std::string text = jsonio::text_or_empty(part);
  std::unique_ptr<pcre2_match_context, void (*)(pcre2_match_context*)> bounds(
      pcre2_match_context_create(nullptr), pcre2_match_context_free);
  std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> data(
      pcre2_match_data_create_from_pattern(pattern->get(), nullptr), pcre2_match_data_free);
  pcre2_set_match_limit(bounds.get(), kPatternStepsMax);
  pcre2_set_heap_limit(bounds.get(), kPatternHeapKibMax);
  const int found = pcre2_match(pattern->get(), reinterpret_cast<const unsigned char*>(text.data()),
                                text.size(), 0, 0, data.get(), bounds.get());
  if (found >= 0) return true;
  if (found == PCRE2_ERROR_NOMATCH) return false;
  return unknown("the pattern gave up (" + std::to_string(found) + ")");
}

struct ToleranceType {
  std::string_view name;
  Result<bool> (*judge)(const Value& tolerance, const Value& output);
};
constexpr ToleranceType kToleranceTypes[] = {
    {"regex", by_pattern}, {"jsonpath", by_path}, {"range", in_range}};

Result<const ToleranceType*> type_of(const Value& tolerance) {
  const Value* given = jsonio::find(tolerance, "type");
  const std::string type = given ? jsonio::text_or_empty(*given) : "";
  for (const ToleranceType& one : kToleranceTypes) {
    if (one.name == type) return &one;
  }
  return unknown(type == "probe"
                     ? "the type \"probe\" is not carried out here: with a process or http "
                       "provider the original takes any result for true"
                     : "the type is regex, jsonpath or range here, not \"" + type + "\"");
}

Result<bool> within_list(const Value& expected, const Value& got) {
  const bool result = is_result(got);
  const Value& value = result ? jsonio::value_in(got, "status") : got;
  if (!result && expected.size() == 2) {
    const auto low = decimal(expected.front()), high = decimal(expected.back());
    const auto number = decimal(value);
    if (low && high && number) return *number >= *low && *number <= *high;
    return unknown("two values are a range, and these cannot be compared");
  }
  return std::ranges::any_of(expected, [&](const Value& one) { return same(one, value); });
}

}  // namespace

Status check_tolerance(const JsonText& text) {
  const auto parsed = jsonio::parse(text);
  if (!parsed) return parsed.error();
  const Value& tolerance = *parsed;
  if (tolerance.is_number_float()) return unknown("a number with a fraction is not valid here");
  if (tolerance.is_null()) return unknown("a boolean, whole number, text, list or object");
  if (!tolerance.is_object()) return Status();
  const auto type = type_of(tolerance);
  if (!type) return type.error();
  for (const auto& [key, value] : tolerance.items()) {
    constexpr std::string_view kKnown[] = {"type",  "target", "pattern", "path",
                                           "count", "expect", "range"};
    if (std::ranges::find(kKnown, key) == std::end(kKnown)) {
      return unknown("there is no key \"" + key + "\" in it");
    }
  }
  const Value* target = jsonio::find(tolerance, "target");
  if (target && !target->is_string()) return unknown("\"target\" is a text");
  if ((*type)->name == "range") return check_range(tolerance);
  if ((*type)->name == "regex") {
    const auto pattern = compile(tolerance);
    return pattern ? Status() : pattern.error();
  }
  const auto path = jsonio::text(tolerance, "path");
  if (!path) return unknown(path.error().detail);
  const Status good = check_json_path(*path);
  return good ? Status() : unknown(good.error().detail);
}

Result<bool> tolerated(const JsonText& tolerance, const JsonText& output) {
  const Status good = check_tolerance(tolerance);
  if (!good) return good.error();
  const auto expected = jsonio::parse(tolerance);
  const auto got = jsonio::parse(output);
  if (!expected || !got) return unknown("the result is no JSON");
  if (expected->is_array()) return within_list(*expected, *got);
  if (expected->is_object()) {
    const auto type = type_of(*expected);
    if (!type) return type.error();
    return (*type)->judge(*expected, *got);
  }
  // A result is an object, so neither true nor false nor a text is the same as it.
  if (expected->is_number_integer() && is_result(*got))
    return same(jsonio::value_in(*got, "status"), *expected);
  return same(*got, *expected);
}

}  // namespace multiaz::chaos
