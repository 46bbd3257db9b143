#include "cli/answer.h"

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/core/printable.h"

namespace multiaz::cli {

namespace {

using AnswerJson = nlohmann::ordered_json;

constexpr size_t kQuotedBytesMax = 80;

Result<AnswerJson> answer_of(const std::string& text, bool object) {
  auto parsed = jsonio::parse<AnswerJson>(text);
  if (parsed && (object ? parsed->is_object() : parsed->is_array())) return parsed;
  return Error(Code::kInternal, std::string("the API did not answer with a JSON ") +
                                    (object ? "object" : "array") +
                                    " but with: " + printable(text, kQuotedBytesMax));
}

}  // namespace

Result<AnswerJson> object_of(const std::string& text) {
  return answer_of(text, true);
}

Result<AnswerJson> array_of(const std::string& text) {
  return answer_of(text, false);
}

}  // namespace multiaz::cli
