// Tolerances, quirks included.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "chaos/toolkit/experiment.h"

namespace multiaz::chaos {

namespace {

using Value = nlohmann::json;

bool is_result(const Value& output) {
  return output.is_object() && output.contains("status");
}

Error unknown(const std::string& why) {
  return Error(Code::kInvalid, "tolerance: " + why);
}

// "stdout", "body", "status": a part of a result; the whole when there is no such part.
Value part_of(const Value& output, const Value& tolerance) {
  const std::string target = tolerance.value("target", "");
  return output.is_object() && output.contains(target) ? output[target] : output;
}

std::string as_text(const Value& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Result<bool> in_range(const Value& tolerance, const Value& output) {
  const auto range = tolerance.find("range");
  if (range == tolerance.end() || !range->is_array() || range->size() != 2) {
    return unknown("range needs \"range\": [low, high]");
  }
  const Value part = part_of(output, tolerance);
  double number = 0;
  if (part.is_number()) {
    number = part.get<double>();
  } else {
    const std::string text = as_text(part);
    char* end = nullptr;
    number = std::strtod(text.c_str(), &end);
    if (end == text.c_str()) return false;
  }
  return number >= (*range)[0].get<double>() && number <= (*range)[1].get<double>();
}

// $.a.b[0] and $.a[*].b: what steady states are written with.
std::vector<Value> follow_path(const Value& from, std::string path) {
  std::vector<Value> now = {from};
  size_t at = path.starts_with('$') ? 1 : 0;
  while (at < path.size()) {
    std::vector<Value> next;
    if (path[at] == '.') ++at;
    if (path[at] == '[') {
      const size_t end = path.find(']', at);
      std::string index = path.substr(at + 1, end - at - 1);
      at = end == std::string::npos ? path.size() : end + 1;
      std::erase_if(index, [](char c) { return c == '\'' || c == '"'; });
      for (const Value& one : now) {
        const bool number = !index.empty() && index.find_first_not_of("0123456789") == index.npos;
        if (index == "*" && one.is_structured()) next.insert(next.end(), one.begin(), one.end());
        if (number && one.is_array() && std::stoul(index) < one.size())
          next.push_back(one[std::stoul(index)]);
        if (!number && one.is_object() && one.contains(index)) next.push_back(one[index]);
      }
    } else {
      const size_t end = std::min(path.find_first_of(".[", at), path.size());
      const std::string key = path.substr(at, end - at);
      at = end;
      for (const Value& one : now) {
        if (key == "*" && one.is_structured()) next.insert(next.end(), one.begin(), one.end());
        if (one.is_object() && one.contains(key)) next.push_back(one[key]);
      }
    }
    now = std::move(next);
  }
  return now;
}

Result<bool> by_path(const Value& tolerance, const Value& output) {
  Value part = part_of(output, tolerance);
  if (part.is_string()) {
    const Value parsed = Value::parse(part.get<std::string>(), nullptr, false);
    if (!parsed.is_discarded()) part = parsed;
  }
  const auto found = follow_path(part, tolerance.value("path", ""));
  if (tolerance.contains("count") && tolerance["count"].is_number()) {
    return found.size() == tolerance["count"].get<size_t>();
  }
  if (!tolerance.contains("expect")) return !found.empty();
  const Value& expected = tolerance["expect"];
  if (expected.is_array()) return Value(found) == expected;
  return found.size() == 1 && found.front() == expected;
}

Result<bool> by_type(const Value& tolerance, const Value& output) {
  const std::string type = tolerance.value("type", "");
  if (type == "range") return in_range(tolerance, output);
  if (type == "jsonpath") return by_path(tolerance, output);
  if (type == "regex") {
    try {
      const std::regex pattern(tolerance.value("pattern", ""));
      return std::regex_search(as_text(part_of(output, tolerance)), pattern);
    } catch (const std::regex_error& error) {
      return unknown(std::string("pattern: ") + error.what());
    }
  }
  return unknown("the type is regex, jsonpath or range here, not \"" + type + "\"");
}

}  // namespace

Result<bool> tolerated(const JsonText& tolerance, const JsonText& output) {
  const Value expected = Value::parse(tolerance, nullptr, false);
  const Value got = Value::parse(output, nullptr, false);
  if (expected.is_boolean()) return (got.is_boolean() ? got : Value(!got.is_null())) == expected;
  if (expected.is_number_float()) return unknown("a number with a fraction is not valid here");
  if (expected.is_number_integer()) return (is_result(got) ? got["status"] : got) == expected;
  if (expected.is_string())
    return as_text(is_result(got) ? part_of(got, {{"target", "stdout"}}) : got) ==
           expected.get<std::string>();
  if (expected.is_array()) {
    const Value value = is_result(got) ? got["status"] : got;
    const bool numbers = expected.size() == 2 && expected[0].is_number() && expected[1].is_number();
    if (!is_result(got) && numbers && value.is_number()) {
      return value >= expected[0] && value <= expected[1];
    }
    return std::find(expected.begin(), expected.end(), value) != expected.end();
  }
  if (expected.is_object()) return by_type(expected, got);
  return unknown("a boolean, whole number, text, list or object");
}

}  // namespace multiaz::chaos
