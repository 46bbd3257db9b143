#include "awsapi/dynamodb/fault.h"

namespace multiaz::awsapi::dynamodb {

Error fault(std::string_view type, std::string_view message, std::string_view extra) {
  std::string detail(type);
  detail.append("|").append(message).append("|").append(extra);
  return Error(Code::kConflict, std::move(detail));
}

Fault explain(const Error& error) {
  Fault out;
  const size_t bar = error.detail.find('|');
  const size_t word =
      error.detail.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  if (bar != std::string::npos && bar == word) {
    out.type = error.detail.substr(0, bar);
    const size_t end = error.detail.find('|', bar + 1);
    out.message = error.detail.substr(bar + 1, end - bar - 1);
    if (end != std::string::npos) out.extra = error.detail.substr(end + 1);
    return out;
  }
  if (error.code == Code::kInvalid) {
    out.type = "ValidationException";
    out.message = error.detail;
    return out;
  }
  out.status = error.code == Code::kUnavailable || error.code == Code::kLimit ? 503 : 500;
  out.type = out.status == 503 ? "ServiceUnavailable" : "InternalServerError";
  out.message = error.detail;
  return out;
}

}  // namespace multiaz::awsapi::dynamodb
