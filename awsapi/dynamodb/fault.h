// Errors in AWS's words. They travel as Errors whose detail is
// "Type|message|extra"; an Error without a
// type is a ValidationException when it is kInvalid, an outage otherwise.
#pragma once

#include <string>

#include "base/core/result.h"

namespace multiaz::awsapi::dynamodb {

struct Fault {
  int status = 400;
  std::string type;  // "ConditionalCheckFailedException"
  std::string message;
  std::string extra;  // JSON of further keys of the answer; "" = none
};
Error fault(std::string_view type, std::string_view message, std::string_view extra = "");
Fault explain(const Error& error);

inline Error validation(std::string message) {
  return Error(Code::kInvalid, std::move(message));
}

}  // namespace multiaz::awsapi::dynamodb
