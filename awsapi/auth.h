// Authentication by Signature Version 4, checked before anything else of a request. Refusals have
// AWS's types and texts. Pure: the time is a parameter.
#pragma once

#include <cstdint>
#include <string>

#include "awsapi/dynamodb/fault.h"
#include "base/http/message.h"

namespace multiaz::awsapi {

struct AuthRules {
  std::string access_key = "multiaz", secret, region = "us-east-1", service = "dynamodb";
  bool required = true;  // when false, every client is accepted
};

// The checks that the head alone allows: key, region, service, a date within 15 minutes of `now_ms`
// (since 1970), and Host, X-Amz-Date and X-Amz-Target among the signed headers.
dynamodb::Done plausible(const AuthRules& rules, const http::Request& head, int64_t now_ms);
// Like plausible(), and the signature fits the head and the body.
dynamodb::Done proven(const AuthRules& rules, const http::Request& request, int64_t now_ms);

}  // namespace multiaz::awsapi
