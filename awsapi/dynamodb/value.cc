#include "awsapi/dynamodb/value.h"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "awsapi/dynamodb/number.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/wire/hash.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

constexpr std::string_view kTypes[] = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"};

Error bad_value(std::string text) {
  return Error(Code::kInvalid, std::move(text));
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  size_t size = 0;
  const int done =
      sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (done != 0) return std::nullopt;
  out.resize(size);
  return out;
}

std::set<std::string_view> words_of(const json& set) {
  std::set<std::string_view> out;
  for (const json& one : set) out.insert(jsonio::text_view(one));
  return out;
}

Status check_scalar(const std::string& type, json& content) {
  if (!content.is_string()) return bad_value("Expected a string for the type " + type);
  if (type == "N") {
    const auto number = parse_number(jsonio::text_view(content));
    if (!number) return number.error();
    content = to_text(*number);
  }
  if (type == "B" && !from_base64(jsonio::text_view(content)))
    return bad_value("Invalid Base64 in a binary value");
  return Status();
}

Status check_set(const std::string& type, json& content) {
  if (!content.is_array() || content.empty()) {
    return bad_value("One or more parameter values were invalid: An " +
                     std::string(type == "NS"   ? "number"
                                 : type == "SS" ? "string"
                                                : "binary") +
                     " set  may not be empty");
  }
  std::set<std::string> seen;
  for (json& one : content) {
    const Status good = check_scalar(type.substr(0, 1), one);
    if (!good) return good;
    if (!seen.insert(jsonio::text_or_empty(one)).second) {
      return bad_value("One or more parameter values were invalid: Input collection " +
                       jsonio::dump(content) + " contains duplicates.");
    }
  }
  return Status();
}

}  // namespace

Status check_value(Value& value, size_t depth) {
  if (depth > kNestingMax) {
    return bad_value("Nesting Levels have exceeded supported limits: 32 levels are the most");
  }
  if (!value.is_object() || value.size() != 1) {
    return bad_value(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        "supported datatypes");
  }
  const std::string type = value.begin().key();
  json& content = value.begin().value();
  if (type == "S" || type == "N" || type == "B") return check_scalar(type, content);
  if (type == "SS" || type == "NS" || type == "BS") return check_set(type, content);
  if (type == "BOOL")
    return content.is_boolean() ? Status() : bad_value("BOOL must be true or false");
  if (type == "NULL") {
    const bool yes = content == true;
    return yes ? Status()
               : bad_value(
                     "One or more parameter values were invalid: Null attribute value types "
                     "must have the value of true");
  }
  const bool map = type == "M";
  if ((!map && type != "L") || (map ? !content.is_object() : !content.is_array())) {
    return bad_value(
        "Supplied AttributeValue is empty, must contain exactly one of the supported "
        "datatypes");
  }
  for (json& one : content) {
    const Status good = check_value(one, depth + 1);
    if (!good) return good;
  }
  return Status();
}

Status check_item(Item& item) {
  if (!item.is_object()) return bad_value("An item is a map of attribute names to values");
  for (auto one = item.begin(); one != item.end(); ++one) {
    if (one.key().empty()) {
      return bad_value("One or more parameter values were invalid: An attribute name is empty");
    }
    const Status good = check_value(one.value());
    if (!good) return good;
  }
  if (bytes_of_item(item) <= kItemBytesMax) return Status();
  return bad_value("Item size has exceeded the maximum allowed size");
}

std::string_view type_of(const Value& value) {
  for (const std::string_view type : kTypes) {
    if (value.contains(std::string(type))) return type;
  }
  return "";
}

const json& content_of(const Value& value) {
  return value.begin().value();
}

std::string_view scalar_of(const Value& value) {
  return jsonio::text_view(content_of(value));
}

size_t bytes_of(const Value& value) {
  const std::string_view type = type_of(value);
  const json& content = content_of(value);
  if (type == "S") return jsonio::text_view(content).size();
  if (type == "B") return jsonio::text_view(content).size() * 3 / 4;
  if (type == "N") return jsonio::text_view(content).size() / 2 + 2;
  if (type == "BOOL" || type == "NULL") return 1;
  size_t sum = type == "M" || type == "L" ? 3 : 0;
  for (auto one = content.begin(); one != content.end(); ++one) {
    if (type == "M")
      sum += one.key().size() + bytes_of(one.value()) + 1;
    else if (type == "L")
      sum += bytes_of(one.value()) + 1;
    else
      sum += jsonio::text_view(*one).size();
  }
  return sum;
}

size_t bytes_of_item(const Item& item) {
  size_t sum = 0;
  for (auto one = item.begin(); one != item.end(); ++one) {
    sum += one.key().size() + bytes_of(one.value());
  }
  return sum;
}

bool equal(const Value& a, const Value& b) {
  const std::string_view type = type_of(a);
  if (type != type_of(b)) return false;
  const json &ca = content_of(a), &cb = content_of(b);
  if (type == "SS" || type == "NS" || type == "BS") {
    return words_of(ca) == words_of(cb);
  }
  if (type != "M" && type != "L") return ca == cb;
  if (ca.size() != cb.size()) return false;
  if (type == "L") return std::equal(ca.begin(), ca.end(), cb.begin(), equal);
  for (auto one = ca.begin(); one != ca.end(); ++one) {
    const json* other = jsonio::find(cb, one.key());
    if (!other || !equal(one.value(), *other)) return false;
  }
  return true;
}

std::optional<int> order_of(const Value& a, const Value& b) {
  const std::string_view type = type_of(a);
  if (type != type_of(b)) return std::nullopt;
  if (type == "N") {
    const auto na = parse_number(scalar_of(a));
    const auto nb = parse_number(scalar_of(b));
    if (!na || !nb) return std::nullopt;
    return compare(*na, *nb);
  }
  if (type != "S" && type != "B") return std::nullopt;
  std::string ta(scalar_of(a)), tb(scalar_of(b));
  if (type == "B") {
    ta = from_base64(ta).value_or("");
    tb = from_base64(tb).value_or("");
  }
  const int order = ta.compare(tb);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

Result<std::string> key_text(const Value& value) {
  const std::string_view type = type_of(value);
  if (type == "S") return wire::to_hex(scalar_of(value));
  if (type == "B") {
    const auto bytes = from_base64(scalar_of(value));
    if (bytes) return wire::to_hex(*bytes);
  }
  if (type == "N") {
    const auto number = parse_number(scalar_of(value));
    if (number) return wire::to_hex(sort_text(*number));
  }
  return bad_value("One or more parameter values were invalid: a key is of the type S, N or B");
}

}  // namespace multiaz::awsapi::dynamodb
