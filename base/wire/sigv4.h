// AWS Signature Version 4 (the signing of requests in the IAM user guide), for clients that sign
// and servers that check. It works on texts and has no socket and no clock.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"

namespace multiaz::wire::sigv4 {

constexpr int64_t kClockSkewMsMax = 15 * 60 * 1000;
constexpr size_t kSignedHeadersMax = 64;

struct Credentials {
  std::string access_key, secret, region = "us-east-1", service;
};
struct ToSign {
  std::string method, path = "/", query;  // as on the wire
  // the headers to be signed, in any case
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// A time as "20261121T144512Z".
std::string date_text(int64_t wall_ms);
Result<int64_t> parse_date(std::string_view text);  // reads date_text(); kInvalid otherwise
// The value of the Authorization header. REQUIRES: headers hold Host and X-Amz-Date.
std::string authorization(const Credentials& who, const ToSign& what, std::string_view date);

// The contents of an Authorization header.
struct Claim {
  std::string access_key, day, region, service, signature;
  std::vector<std::string> signed_headers;
};
Result<Claim> parse_claim(std::string_view authorization);  // kInvalid when malformed
// Whether the claim's signature fits. `what.headers` are all headers of the request. The caller
// checks the age of the date, and that the headers that matter are signed.
bool fits(const Claim& claim, std::string_view secret, const ToSign& what, std::string_view date);

}  // namespace multiaz::wire::sigv4
