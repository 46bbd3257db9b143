#include "awsapi/dynamodb/fault.h"

#include <nlohmann/json.hpp>

namespace multiaz::awsapi::dynamodb {

Fault::Fault(const Error& error) : message(error.detail) {
  if (error.code == Code::kInvalid) {
    type = "ValidationException";
    return;
  }
  status = error.code == Code::kUnavailable || error.code == Code::kLimit ? 503 : 500;
  type = status == 503 ? "ServiceUnavailable" : "InternalServerError";
}

Fault fault_with(std::string type, std::string message, nlohmann::json extra) {
  Fault out(std::move(type), std::move(message));
  if (extra.is_object()) out.extra = std::make_shared<const nlohmann::json>(std::move(extra));
  return out;
}

}  // namespace multiaz::awsapi::dynamodb
