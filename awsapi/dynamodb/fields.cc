#include "awsapi/dynamodb/fields.h"

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr std::string_view kDetected = "1 validation error detected: ";

Fault wrong_type(std::string_view name, const json& value, std::string_view wanted) {
  std::string why(name);
  why += ": ";
  if (value.is_object()) {
    why += "Start of structure or map found where not expected; it is of the type ";
  } else if (value.is_array()) {
    why += "Start of list found where not expected; it is of the type ";
  } else {
    why += value.is_string()           ? "STRING_VALUE"
           : value.is_null()           ? "NULL_VALUE"
           : value.is_number_integer() ? "NUMBER_VALUE"
           : value.is_number()         ? "DECIMAL_VALUE"
           : value == json(true)       ? "TRUE_VALUE"
                                       : "FALSE_VALUE";
    why += " cannot be converted to ";
  }
  return fault("SerializationException", why.append(wanted));
}

// "TableName" becomes "tableName", as AWS names members in messages.
std::string member(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + 32);
  return out;
}

}  // namespace

Error missing(std::string_view name) {
  return validation(std::string(kDetected) + "Value null at '" + member(name) +
                    "' failed to satisfy constraint: Member must not be null");
}

Outcome<std::string> text_field(const json& in, const char* name, const char* fallback) {
  const json* found = jsonio::find(in, name);
  if (!found) {
    if (fallback) return std::string(fallback);
    return missing(name);
  }
  if (!found->is_string()) return wrong_type(name, *found, "String");
  return found->get_ref<const std::string&>();
}

Outcome<std::string> word_field(const json& in, const char* name, const char* fallback,
                                std::initializer_list<std::string_view> allowed) {
  auto word = text_field(in, name, fallback);
  if (!word) return word;
  std::string all;
  for (const std::string_view one : allowed) {
    if (*word == one) return word;
    all.append(all.empty() ? "" : ", ").append(one);
  }
  return validation(std::string(kDetected) + "Value '" + *word + "' at '" + member(name) +
                    "' failed to satisfy constraint: Member must satisfy enum value set: [" + all +
                    "]");
}

Outcome<bool> flag_field(const json& in, const char* name, bool fallback) {
  const json* found = jsonio::find(in, name);
  if (!found) return fallback;
  if (!found->is_boolean()) return wrong_type(name, *found, "Boolean");
  return *found == json(true);
}

Outcome<std::optional<int64_t>> number_field(const json& in, const char* name, int64_t low,
                                             int64_t high) {
  const json* found = jsonio::find(in, name);
  if (!found) return std::optional<int64_t>();
  if (!found->is_number_integer()) return wrong_type(name, *found, "Integer");
  const auto value = jsonio::integer(in, name, low, high);
  if (value) return std::optional(*value);
  return validation(std::string(kDetected) + "Value '" + jsonio::dump(*found) + "' at '" +
                    member(name) + "' failed to satisfy constraint: Member must have value " +
                    "between " + std::to_string(low) + " and " + std::to_string(high));
}

Outcome<const json*> list_field(const json& in, const char* name) {
  static const json kEmpty = json::array();
  const json* found = jsonio::find(in, name);
  if (!found) return &kEmpty;
  if (!found->is_array()) return wrong_type(name, *found, "List");
  return found;
}

Outcome<const json*> map_field(const json& in, const char* name) {
  static const json kEmpty = json::object();
  const json* found = jsonio::find(in, name);
  if (!found) return &kEmpty;
  if (!found->is_object()) return wrong_type(name, *found, "Map");
  return found;
}

Done structure(const json& value, std::string_view name) {
  if (value.is_object()) return Done();
  return wrong_type(name, value, "Map");
}

}  // namespace multiaz::awsapi::dynamodb
