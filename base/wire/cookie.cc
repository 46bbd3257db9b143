#include "base/wire/cookie.h"

#include <algorithm>
#include <charconv>

#include "base/core/check.h"
#include "base/wire/http.h"

namespace multiaz::wire {
namespace {

// Splits "name=value" at the first '='; nullopt when the name is missing or bad.
std::optional<Cookie> split_pair(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto name = http::trimmed(text.substr(0, equals));
  if (!http::is_token(name)) return std::nullopt;
  return Cookie{std::string(name), std::string(http::trimmed(text.substr(equals + 1)))};
}

// Calls `visit` with each part between semicolons until it returns false.
template <typename Visit>
void each_part(std::string_view text, Visit visit) {
  for (;;) {
    const size_t end = text.find(';');
    if (!visit(http::trimmed(text.substr(0, end))) || end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

std::string_view to_text(SameSite same_site) {
  switch (same_site) {
    case SameSite::kLax: return "Lax";
    case SameSite::kStrict: return "Strict";
    case SameSite::kNone: return "None";
    case SameSite::kUnset: break;
  }
  return "";
}

void apply_attribute(std::string_view part, SetCookie& cookie) {
  const size_t equals = part.find('=');
  const auto name = http::trimmed(part.substr(0, equals));
  const auto value = equals == std::string_view::npos ? "" : http::trimmed(part.substr(equals + 1));
  if (http::same_text(name, "Path")) {
    cookie.path = value;
  } else if (http::same_text(name, "Expires")) {
    cookie.expires = value;
  } else if (http::same_text(name, "Max-Age")) {
    int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error == std::errc() && end == value.data() + value.size()) cookie.max_age_s = seconds;
  } else if (http::same_text(name, "HttpOnly")) {
    cookie.http_only = true;
  } else if (http::same_text(name, "Secure")) {
    cookie.secure = true;
  } else if (http::same_text(name, "SameSite")) {
    for (auto known : {SameSite::kLax, SameSite::kStrict, SameSite::kNone})
      if (http::same_text(value, to_text(known))) cookie.same_site = known;
  }
}

}  // namespace

std::vector<Cookie> parse_cookies(std::string_view header) {
  std::vector<Cookie> out;
  each_part(header, [&](std::string_view part) {
    if (auto cookie = split_pair(part)) out.push_back(std::move(*cookie));
    return out.size() < kCookiesMax;
  });
  return out;
}

std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name) {
  std::optional<std::string_view> found;
  each_part(header, [&](std::string_view part) {
    const size_t equals = part.find('=');
    if (equals != std::string_view::npos && http::trimmed(part.substr(0, equals)) == name)
      found = http::trimmed(part.substr(equals + 1));
    return !found;
  });
  return found;
}

std::vector<std::string_view> find_cookies(std::string_view header, std::string_view name) {
  std::vector<std::string_view> found;
  each_part(header, [&](std::string_view part) {
    const size_t equals = part.find('=');
    if (equals != std::string_view::npos && http::trimmed(part.substr(0, equals)) == name)
      found.push_back(http::trimmed(part.substr(equals + 1)));
    return true;
  });
  return found;
}

bool is_cookie_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

std::string write_set_cookie(const SetCookie& cookie) {
  CHECK_NOTE(http::is_token(cookie.name), cookie.name);
  CHECK_NOTE(is_cookie_value(cookie.value), cookie.name);
  std::string out = cookie.name + "=" + cookie.value;
  if (!cookie.path.empty()) out += "; Path=" + cookie.path;
  if (cookie.max_age_s) out += "; Max-Age=" + std::to_string(*cookie.max_age_s);
  if (!cookie.expires.empty()) out += "; Expires=" + cookie.expires;
  if (cookie.http_only) out += "; HttpOnly";
  if (cookie.secure) out += "; Secure";
  if (cookie.same_site != SameSite::kUnset)
    out += "; SameSite=" + std::string(to_text(cookie.same_site));
  return out;
}

Result<SetCookie> parse_set_cookie(std::string_view header) {
  SetCookie cookie;
  cookie.path.clear();
  bool named = false;
  bool first = true;
  each_part(header, [&](std::string_view part) {
    if (!first) {
      apply_attribute(part, cookie);
      return true;
    }
    first = false;
    auto pair = split_pair(part);
    if (!pair) return false;
    named = true;
    cookie.name = std::move(pair->name);
    cookie.value = std::move(pair->value);
    return true;
  });
  if (!named) return Error(Code::kInvalid, "Set-Cookie without a name");
  return cookie;
}

}  // namespace multiaz::wire
