// Who may call: Signature Version 4, looked at before anything else of a request. Refusals have
// AWS's types and words. Pure: the time comes in.
#pragma once

#include <cstdint>
#include <string>

#include "awsapi/dynamodb/fault.h"
#include "base/http/message.h"

namespace multiaz::awsapi {

struct AuthRules {
  std::string access_key = "multiaz", secret, region = "us-east-1", service = "dynamodb";
  bool required = true;  // false: whoever asks is answered
};

// All that the head alone can show: whose key, for which region and service, within 15 minutes of
// `now_ms` (since 1970), with Host, X-Amz-Date and X-Amz-Target among what is signed.
dynamodb::Done plausible(const AuthRules& rules, const http::Request& head, int64_t now_ms);
// plausible(), and the signature fits the head and the body.
dynamodb::Done proven(const AuthRules& rules, const http::Request& request, int64_t now_ms);

}  // namespace multiaz::awsapi
