// Cookies (RFC 6265): the Cookie header of a request, the Set-Cookie header of a response.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"

namespace multiaz::wire {

constexpr size_t kCookiesMax = 180;

struct Cookie {
  std::string name;
  std::string value;
  bool operator==(const Cookie&) const = default;
};

// Parses "a=1; b=2". Parts without '=' or with a bad name are skipped, because leftovers in a
// browser must not lock a user out; at most kCookiesMax are read. Quotes around a value belong to
// it.
std::vector<Cookie> parse_cookies(std::string_view header);
// The first cookie of that name. Names are case-sensitive.
std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name);
// The values of all cookies of that name, in their order.
std::vector<std::string_view> find_cookies(std::string_view header, std::string_view name);

enum class SameSite { kUnset, kLax, kStrict, kNone };

struct SetCookie {
  std::string name;
  std::string value;
  std::string path = "/";            // when empty, the attribute is left out
  std::optional<int64_t> max_age_s;  // absent: lives until the browser closes; 0: deletes
  std::string expires;               // an HTTP date, or empty
  bool http_only = false;
  bool secure = false;
  SameSite same_site = SameSite::kUnset;
  bool operator==(const SetCookie&) const = default;
};

// REQUIRES: name is a token, and value holds only cookie octets (no space, quote, comma, semicolon,
// backslash or control byte), so callers encode it first (hex, base64url, percent).
std::string write_set_cookie(const SetCookie& cookie);
// For clients: ignores unknown attributes. kInvalid without a name.
Result<SetCookie> parse_set_cookie(std::string_view header);
bool is_cookie_value(std::string_view text);

}  // namespace multiaz::wire
