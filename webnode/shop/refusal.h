// Why the shop refuses a request, in words for programs and for people. A refusal travels as an
// Error whose detail is "code|field|message"; errors of the clients have no such detail and count
// as outages.
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz::webnode {

struct Refusal {
  int status = 500;
  std::string code;           // "cart_empty"
  std::string field;          // name of the invalid input field, or ""
  std::string message;        // one sentence for people
  bool not_executed = false;  // when certain: X-Not-Executed may be set
};

Error refuse(Code code, std::string_view word, std::string_view message,
             std::string_view field = "");
// kInvalid 400 · kDenied 401 · kNotFound 404 · kConflict 409 · kLimit, kUnavailable, kCancelled 503
// (not executed) · kTimeout, kClosed 504 (in doubt) · others 500. Some codes have a status of their
// own (see the table).
Refusal explain(const Error& error);

// Once a part was committed, no later failure may claim that nothing was executed.
Error in_doubt(const Error& error);

}  // namespace multiaz::webnode
