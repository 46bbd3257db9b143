#include "awsapi/auth.h"

#include <algorithm>

#include "base/wire/sigv4.h"

namespace multiaz::awsapi {

namespace {

namespace sigv4 = wire::sigv4;
using dynamodb::Done;
using dynamodb::fault;
using dynamodb::Outcome;

constexpr const char* kInvalid = "InvalidSignatureException";
constexpr const char* kIncomplete = "IncompleteSignatureException";

// Headers that change the effect of a request; each must be signed when it is present.
constexpr std::string_view kMustBeSigned[] = {"host", "x-amz-date", "x-amz-target",
                                              "x-amz-security-token", "x-amz-content-sha256"};

Outcome<sigv4::Claim> claim_of(const http::Request& head) {
  const std::string_view said = head.header("Authorization");
  if (said.empty()) {
    return fault("MissingAuthenticationTokenException", "Request is missing Authentication Token");
  }
  auto claim = sigv4::parse_claim(said);
  if (!claim) return fault(kIncomplete, claim.error().detail);
  return std::move(*claim);
}

Done check_scope(const AuthRules& rules, const sigv4::Claim& claim) {
  if (claim.access_key != rules.access_key) {
    return fault("UnrecognizedClientException",
                 "The security token included in the request is invalid.");
  }
  if (claim.region != rules.region) {
    return fault(kInvalid, "Credential should be scoped to a valid region: '" + rules.region +
                               "', not '" + claim.region + "'.");
  }
  if (claim.service != rules.service) {
    return fault(kInvalid, "Credential should be scoped to correct service: '" + rules.service +
                               "', not '" + claim.service + "'.");
  }
  return Done();
}

Done check_time(const sigv4::Claim& claim, const std::string& date, int64_t now_ms) {
  const auto at = sigv4::parse_date(date);
  if (!at) return fault(kIncomplete, "X-Amz-Date: " + at.error().detail);
  if (date.substr(0, 8) != claim.day) {
    return fault(kInvalid,
                 "Date in Credential scope does not match YYYYMMDD from ISO-8601 version "
                 "of date from HTTP: '" +
                     claim.day + "' != '" + date.substr(0, 8) + "', from '" + date + "'.");
  }
  const std::string now = sigv4::date_text(now_ms);
  const int64_t early = now_ms - sigv4::kClockSkewMsMax, late = now_ms + sigv4::kClockSkewMsMax;
  if (*at < early) {
    return fault(kInvalid, "Signature expired: " + date + " is now earlier than " +
                               sigv4::date_text(early) + " (" + now + " - 15 min.)");
  }
  if (*at > late) {
    return fault(kInvalid, "Signature not yet current: " + date + " is still later than " +
                               sigv4::date_text(late) + " (" + now + " + 15 min.)");
  }
  return Done();
}

Done check_signed(const sigv4::Claim& claim, const http::Request& head) {
  const auto& names = claim.signed_headers;
  for (const std::string& name : names) {
    if (!head.headers.contains(name)) {
      return fault(kInvalid, "'" + name + "' is a 'SignedHeader' and is not in the request.");
    }
  }
  for (const std::string_view name : kMustBeSigned) {
    if (!head.headers.contains(name)) continue;
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    return fault(kInvalid,
                 "'" + std::string(name) + "' must be a 'SignedHeader' in the AWS Authorization.");
  }
  return Done();
}

}  // namespace

Done plausible(const AuthRules& rules, const http::Request& head, int64_t now_ms) {
  if (!rules.required) return Done();
  const auto claim = claim_of(head);
  if (!claim) return claim.error();
  const std::string date(head.header("X-Amz-Date"));
  if (date.empty()) {
    return fault(kIncomplete, "Authorization header requires existence of the header X-Amz-Date.");
  }
  Done good = check_scope(rules, *claim);
  if (good) good = check_time(*claim, date, now_ms);
  if (good) good = check_signed(*claim, head);
  return good;
}

Done proven(const AuthRules& rules, const http::Request& request, int64_t now_ms) {
  if (!rules.required) return Done();
  const Done likely = plausible(rules, request, now_ms);
  if (!likely) return likely;
  const auto claim = claim_of(request);
  if (!claim) return claim.error();
  sigv4::ToSign what;
  what.method = request.method;
  const size_t mark = request.target.find('?');
  what.path = request.target.substr(0, mark);
  if (mark != std::string::npos) what.query = request.target.substr(mark + 1);
  for (const wire::http::Header& header : request.headers)
    what.headers.emplace_back(header.name, header.value);
  what.body = request.body;
  if (!rules.secret.empty() &&
      sigv4::fits(*claim, rules.secret, what, request.header("X-Amz-Date"))) {
    return Done();
  }
  return fault(kInvalid,
               "The request signature we calculated does not match the signature you provided. "
               "Check your AWS Secret Access Key and signing method.");
}

}  // namespace multiaz::awsapi
