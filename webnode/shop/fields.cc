#include "webnode/shop/fields.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "webnode/shop/refusal.h"
#include "webnode/shop/text.h"

namespace multiaz::webnode {

namespace {

using nlohmann::json;

constexpr size_t kEmailBytesMax = 254;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Length of the UTF-8 sequence at the start of `text`; 0 when it is invalid (RFC 3629).
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;
  if (lead == 0xed && byte(1) > 0x9f) return 0;  // surrogates
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

bool looks_like_email(std::string_view text) {
  const size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || text.find('@', at + 1) != std::string_view::npos) {
    return false;
  }
  const std::string_view domain = text.substr(at + 1);
  const size_t dot = domain.find('.');
  const bool dotted = dot != std::string_view::npos && dot > 0 && domain.back() != '.';
  return dotted && text.find_first_of(" \"<>(),;:\\") == std::string_view::npos;
}

std::string limits_text(size_t low, size_t high) {
  if (low == 0) return "must have at most " + std::to_string(high) + " bytes";
  return "must have " + std::to_string(low) + " to " + std::to_string(high) + " bytes";
}

}  // namespace

bool is_clean_text(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x20 || first == 0x7f) return false;
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_token(std::string_view text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  return !text.empty() && text.size() <= kTokenBytesMax &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

Result<Fields> Fields::from_json(std::string_view text) {
  const auto read = jsonio::parse_object(text);
  if (!read) {
    return refuse(Code::kInvalid, "invalid", "The body must be one JSON object.");
  }
  if (read->size() > kFieldsMax) {
    return refuse(Code::kInvalid, "invalid", "The body has too many fields.");
  }
  Fields fields;
  for (const auto& [name, value] : read->items()) {
    Value& to = fields.values_[name];
    if (value.is_string()) {
      to.kind = Value::Kind::kText;
      to.text = jsonio::text_or_empty(value);
    } else if (const auto number = jsonio::integer(*read, name, INT64_MIN, INT64_MAX)) {
      to.kind = Value::Kind::kNumber;
      to.number = *number;
    } else if (value.is_null()) {
      to.kind = Value::Kind::kNull;
    }
  }
  return fields;
}

Fields Fields::from_form(const wire::FormPairs& form) {
  Fields fields;
  fields.form_ = true;
  for (const auto& [name, value] : form) {
    if (fields.values_.size() >= kFieldsMax) break;
    if (value.empty()) continue;  // a form sends every field, so an empty one was not filled in
    Value& to = fields.values_[name];
    to.kind = Value::Kind::kText;
    to.text = value;
  }
  return fields;
}

const Fields::Value* Fields::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.kind == Value::Kind::kNull) return nullptr;
  return &found->second;
}

const std::string* Fields::find_text(std::string_view name) {
  const Value* value = find(name);
  if (value == nullptr) return nullptr;
  if (value->kind == Value::Kind::kText) return &value->text;
  mistake(name, "must be a string");
  return nullptr;
}

void Fields::mistake(std::string_view name, std::string_view rule) {
  if (mistake_) return;
  const std::string message = std::string(name) + " " + std::string(rule) + ".";
  mistake_ = refuse(Code::kInvalid, "invalid", message, name);
}

std::string Fields::text(std::string_view name, size_t bytes_min, size_t bytes_max) {
  if (find(name) == nullptr) mistake(name, "is required");
  const std::string* value = find_text(name);
  if (value == nullptr) return "";
  const std::string_view text = trimmed(*value);
  if (text.size() < bytes_min || text.size() > bytes_max) {
    mistake(name, limits_text(bytes_min, bytes_max));
    return "";
  }
  if (!is_clean_text(text)) mistake(name, "must be UTF-8 text without control characters");
  return std::string(text);
}

std::string Fields::optional_text(std::string_view name, size_t bytes_max) {
  return find(name) == nullptr ? "" : text(name, 0, bytes_max);
}

std::string Fields::raw_text(std::string_view name, size_t bytes_min, size_t bytes_max) {
  if (find(name) == nullptr) mistake(name, "is required");
  const std::string* value = find_text(name);
  if (value == nullptr) return "";
  if (value->size() >= bytes_min && value->size() <= bytes_max) return *value;
  mistake(name, limits_text(bytes_min, bytes_max));
  return "";
}

int64_t Fields::integer(std::string_view name, int64_t low, int64_t high) {
  const Value* value = find(name);
  if (value == nullptr) {
    mistake(name, "is required");
    return low;
  }
  int64_t number = value->number;
  bool whole = value->kind == Value::Kind::kNumber;
  if (form_ && value->kind == Value::Kind::kText) {
    const char* last = value->text.data() + value->text.size();
    const auto [end, code] = std::from_chars(value->text.data(), last, number);
    whole = code == std::errc() && end == last;
  }
  if (whole && number >= low && number <= high) return number;
  mistake(name,
          "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return low;
}

int64_t Fields::optional_integer(std::string_view name, int64_t low, int64_t high,
                                 int64_t fallback) {
  return find(name) == nullptr ? fallback : integer(name, low, high);
}

std::string Fields::optional_token(std::string_view name) {
  if (find(name) == nullptr) return "";
  const std::string* value = find_text(name);
  if (value == nullptr) return "";
  if (is_token(*value)) return *value;
  mistake(name, "must be 1 to 64 of A-Z a-z 0-9 _ -");
  return "";
}

std::string Fields::email(std::string_view name) {
  std::string address = lower_ascii(text(name, 3, kEmailBytesMax));
  if (!mistake_ && !looks_like_email(address)) mistake(name, "must be an e-mail address");
  return address;
}

Status Fields::status() const {
  if (mistake_) return *mistake_;
  return Status();
}

}  // namespace multiaz::webnode
