#include "webnode/shop/refusal.h"

namespace multiaz::webnode {

namespace {

struct WordStatus {
  std::string_view word;
  int status;
};
constexpr WordStatus kWordStatus[] = {
    {"key_reused", 422}, {"too_many_attempts", 429}, {"not_json", 415}, {"not_a_form", 415},
    {"csrf", 403},       {"cross_site", 403},        {"busy", 503},
};

struct CodeMeaning {
  int status;
  std::string_view word, message;
  bool not_executed;
};
CodeMeaning meaning_of(Code code) {
  switch (code) {
    case Code::kInvalid: return {400, "invalid", "The request is not valid.", true};
    case Code::kDenied: return {401, "denied", "Log in first.", true};
    case Code::kNotFound: return {404, "not_found", "This does not exist here.", true};
    case Code::kConflict:
      return {409, "conflict", "This is not possible in the present state.", true};
    case Code::kLimit:
    case Code::kCancelled:
    case Code::kUnavailable:
      return {503, "unavailable", "A part of the shop is away for a moment. Try again.", true};
    case Code::kTimeout:
    case Code::kClosed:
      return {504, "in_doubt", "No answer in time; it may or may not have been done. Try again.",
              false};
    default: return {500, "internal", "Something went wrong on our side.", false};
  }
}

}  // namespace

Error refuse(Code code, std::string_view word, std::string_view message, std::string_view field) {
  std::string detail(word);
  detail.append("|").append(field).append("|").append(message);
  return Error(code, std::move(detail));
}

Refusal explain(const Error& error) {
  const CodeMeaning meaning = meaning_of(error.code);
  Refusal out;
  out.status = meaning.status;
  out.not_executed = meaning.not_executed;
  const size_t first = error.detail.find('|');
  const size_t second = first == std::string::npos ? first : error.detail.find('|', first + 1);
  if (second == std::string::npos) {
    out.code = meaning.word;
    out.message = meaning.message;
    return out;
  }
  out.code = error.detail.substr(0, first);
  out.field = error.detail.substr(first + 1, second - first - 1);
  out.message = error.detail.substr(second + 1);
  for (const WordStatus& known : kWordStatus) {
    if (known.word == out.code) out.status = known.status;
  }
  return out;
}

Error in_doubt(const Error& error) {
  return Error(Code::kTimeout, error.detail);
}

}  // namespace multiaz::webnode
