#include "base/elb/fields.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/core/nearest.h"
#include "base/elb/numbers.h"
#include "base/elb/words.h"

namespace multiaz::elb {

using nlohmann::json;

std::string spelled(std::string_view aws, Spelling spelling) {
  if (spelling == Spelling::kAws) return std::string(aws);
  std::string out;
  for (const char c : aws) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out.push_back('_');
    out.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

ObjectFields::ObjectFields(ReadContext& context, const json& from, std::string place)
    : context_(context), from_(from), place_(std::move(place)) {
  if (!from_.is_object()) context_.wrong(place_, "this is an object");
}

std::string ObjectFields::place_of(std::string_view key) const {
  return (place_.empty() ? "" : place_ + ".") + spelled(key, context_.spelling);
}

const json* ObjectFields::find(std::string_view key) {
  const std::string name = spelled(key, context_.spelling);
  asked_.push_back(name);
  return jsonio::find(from_, name);
}

bool ObjectFields::has(std::string_view key) const {
  return jsonio::find(from_, spelled(key, context_.spelling)) != nullptr;
}

const json* ObjectFields::member(std::string_view key) {
  return find(key);
}

bool ObjectFields::text(std::string_view key, std::string& out, size_t bytes_max) {
  const json* value = find(key);
  if (!value) return false;
  if (!value->is_string()) {
    wrong(key, "a text is needed");
    return false;
  }
  const std::string text{jsonio::text_view(*value)};
  if (text.size() > bytes_max) {
    wrong(key, "at most " + std::to_string(bytes_max) + " characters are allowed");
    return false;
  }
  out = text;
  return true;
}

bool ObjectFields::number(std::string_view key, int64_t low, int64_t high, int64_t& out) {
  const json* value = find(key);
  if (!value) return false;
  std::string text = value->is_string() ? std::string(jsonio::text_view(*value)) : "";
  if (value->is_number_integer()) text = jsonio::dump(*value);
  const auto number = whole_number(text, static_cast<uint64_t>(low), static_cast<uint64_t>(high));
  if (!number) {
    wrong(key, "a whole number from " + std::to_string(low) + " to " + std::to_string(high) +
                   " is needed, not " + jsonio::dump(*value));
    return false;
  }
  out = static_cast<int64_t>(*number);
  return true;
}

bool ObjectFields::flag(std::string_view key, bool& out) {
  const json* value = find(key);
  if (!value) return false;
  if (!value->is_boolean()) {
    wrong(key, "true or false is needed, not " + jsonio::dump(*value));
    return false;
  }
  out = jsonio::dump(*value) == "true";
  return true;
}

bool ObjectFields::seconds(std::string_view key, uint64_t low_ms, uint64_t high_ms,
                           uint64_t& out_ms) {
  const json* value = find(key);
  if (!value) return false;
  const auto milliseconds = milliseconds_of(
      value->is_string() ? std::string(jsonio::text_view(*value)) : jsonio::dump(*value));
  if (!milliseconds || *milliseconds < low_ms || *milliseconds > high_ms) {
    wrong(key, "seconds from " + seconds_text(low_ms) + " to " + seconds_text(high_ms) +
                   " are needed, not " + jsonio::dump(*value));
    return false;
  }
  out_ms = *milliseconds;
  return true;
}

std::vector<std::string> ObjectFields::texts(std::string_view key, size_t bytes_max) {
  std::vector<std::string> out;
  items(key, [&](const json& item, const std::string& place) {
    if (!item.is_string() || std::string(jsonio::text_view(item)).empty() ||
        std::string(jsonio::text_view(item)).size() > bytes_max) {
      context_.wrong(place,
                     "a text of 1 to " + std::to_string(bytes_max) + " characters is needed");
      return;
    }
    out.push_back(std::string(jsonio::text_view(item)));
  });
  return out;
}

void ObjectFields::items(std::string_view key, const Each& each) {
  const json* value = find(key);
  if (!value) return;
  if (!value->is_array()) {
    wrong(key, "an array is needed");
    return;
  }
  size_t place = 0;
  for (const json& item : *value) each(item, place_of(key) + "[" + std::to_string(place++) + "]");
}

void ObjectFields::finish() {
  if (!from_.is_object()) return;
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (const auto& [name, value] : from_.items()) {
    if (std::ranges::find(asked_, name) != asked_.end()) continue;
    const std::string near = nearest(name, known);
    context_.wrong(place_.empty() ? name : place_ + "." + name,
                   "there is no such key" +
                       (near.empty() ? std::string() : "; did you mean \"" + near + "\"?") +
                       " The keys are " + list_of(asked_));
  }
}

std::string scalar_text(const json& value) {
  return value.is_string() ? std::string(jsonio::text_view(value)) : jsonio::dump(value);
}

void need_http(ObjectFields& fields, std::string_view key) {
  std::string protocol;
  if (fields.text(key, protocol, 16) && protocol != "HTTP") {
    fields.wrong(key, "\"" + protocol + "\" is not built yet: only \"HTTP\" is");
  }
}

}  // namespace multiaz::elb
