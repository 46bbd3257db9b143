// Which headers a proxy does not pass on, and which headers a sender cannot make it drop.
#include <algorithm>
#include <string>

#include "base/wire/http.h"

namespace multiaz::wire::http {

namespace {

constexpr std::string_view kHopByHop[] = {"Connection", "Keep-Alive", "Proxy-Connection", "TE",
                                          "Trailer",    "Upgrade",    "Transfer-Encoding"};

// Headers for the other end. A sender must not name them in Connection (RFC 9110 7.6.1); a sender
// that does wants to hide from the other end what an earlier hop has said.
constexpr std::string_view kEndToEnd[] = {"Age",
                                          "Allow",
                                          "Alt-Svc",
                                          "Authentication-Info",
                                          "Authorization",
                                          "Baggage",
                                          "Cache-Control",
                                          "Clear-Site-Data",
                                          "Cookie",
                                          "Date",
                                          "DNT",
                                          "ETag",
                                          "Expect",
                                          "Expires",
                                          "Forwarded",
                                          "From",
                                          "Host",
                                          "Idempotency-Key",
                                          "Last-Event-ID",
                                          "Last-Modified",
                                          "Link",
                                          "Location",
                                          "Max-Forwards",
                                          "Origin",
                                          "Permissions-Policy",
                                          "Pragma",
                                          "Prefer",
                                          "Priority",
                                          "Range",
                                          "Referer",
                                          "Referrer-Policy",
                                          "Refresh",
                                          "Retry-After",
                                          "Server",
                                          "Server-Timing",
                                          "Set-Cookie",
                                          "SOAPAction",
                                          "Strict-Transport-Security",
                                          "Timing-Allow-Origin",
                                          "Traceparent",
                                          "Tracestate",
                                          "True-Client-IP",
                                          "Upgrade-Insecure-Requests",
                                          "User-Agent",
                                          "Vary",
                                          "Via",
                                          "Warning",
                                          "WWW-Authenticate",
                                          "X-Api-Key",
                                          "X-Correlation-Id",
                                          "X-Csrf-Token",
                                          "X-Frame-Options",
                                          "X-HTTP-Method-Override",
                                          "X-Not-Executed",
                                          "X-Real-IP",
                                          "X-Request-Id",
                                          "X-Resent",
                                          "X-Requested-With",
                                          "X-Xss-Protection"};

// The same for all headers that begin so.
constexpr std::string_view kEndToEndPrefixes[] = {
    "Accept",       "Access-Control-", "CF-",     "Content-", "Cross-Origin-", "If-",
    "Sec-",         "X-Amz-",          "X-Amzn-", "X-Auth-",  "X-B3-",         "X-Content-",
    "X-Forwarded-", "X-Original-"};

bool is_end_to_end(std::string_view name) {
  const auto same = [name](std::string_view known) { return same_text(name, known); };
  const auto begins = [name](std::string_view prefix) {
    return same_text(name.substr(0, prefix.size()), prefix);
  };
  return std::ranges::any_of(kEndToEnd, same) || std::ranges::any_of(kEndToEndPrefixes, begins);
}

std::vector<std::string> names_in_connection(const Headers& headers) {
  std::vector<std::string> names;
  for (const Header& header : headers) {
    if (!same_text(header.name, "Connection")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      if (!trimmed(part).empty()) names.emplace_back(trimmed(part));
    }
  }
  return names;
}

}  // namespace

void remove_hop_by_hop(Headers& headers) {
  for (const std::string& name : names_in_connection(headers)) {
    if (!is_end_to_end(name)) headers.remove(name);
  }
  for (const std::string_view name : kHopByHop) headers.remove(name);
}

}  // namespace multiaz::wire::http
