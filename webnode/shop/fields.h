// Input fields of a request, from a JSON object or from a form, with the rules that they must keep.
// The first broken rule is kept, so one check of status() at the end is enough.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/wire/url.h"

namespace multiaz::webnode {

constexpr size_t kFieldsMax = 64;
constexpr size_t kTokenBytesMax = 64;

// Valid UTF-8 without control characters.
bool is_clean_text(std::string_view text);
// [A-Za-z0-9_-]{1,64}
bool is_token(std::string_view text);

class Fields {
 public:
  // kInvalid unless the text is one JSON object. Nested values count as present with a wrong type.
  static Result<Fields> from_json(std::string_view text);
  // In a form all numbers are texts.
  static Fields from_form(const wire::FormPairs& form);

  // A required text of bytes_min to bytes_max bytes, trimmed. "" after a mistake.
  std::string text(std::string_view name, size_t bytes_min, size_t bytes_max);
  // "" when absent or null.
  std::string optional_text(std::string_view name, size_t bytes_max);
  // The text unchanged, even with control characters, for passwords.
  std::string raw_text(std::string_view name, size_t bytes_min, size_t bytes_max);
  // A whole number within low..high.
  int64_t integer(std::string_view name, int64_t low, int64_t high);
  int64_t optional_integer(std::string_view name, int64_t low, int64_t high, int64_t fallback);
  // An identifier that the client chose; "" when absent.
  std::string optional_token(std::string_view name);
  std::string email(std::string_view name);  // in lower case

  [[nodiscard]] Status status() const;

 private:
  struct Value {
    enum class Kind { kText, kNumber, kNull, kOther };
    Kind kind = Kind::kOther;
    std::string text;
    int64_t number = 0;
  };
  const Value* find(std::string_view name) const;
  const std::string* find_text(std::string_view name);
  void mistake(std::string_view name, std::string_view rule);

  std::map<std::string, Value, std::less<>> values_;
  std::optional<Error> mistake_;
  bool form_ = false;
};

}  // namespace multiaz::webnode
