#include "lb/cookie_box.h"

#include <sodium.h>

#include <algorithm>

#include "base/core/check.h"
#include "base/http/date.h"
#include "base/wire/cookie.h"
#include "lb/balance/sticky.h"

namespace multiaz::lb {

namespace {

constexpr std::string_view kPurpose = "multiaz lb stickiness";
constexpr std::string_view kTargetCookie = "AWSALB", kGroupCookie = "AWSALBTG",
                           kAppCookie = "AWSALBAPP-0";
// In front of what the cookie names, so that none can be used in place of another.
constexpr std::string_view kGroupMark = "group:", kAppMark = "app:";
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;
constexpr size_t kOverheadBytes = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
constexpr size_t kSealedCharsMax = 512;
constexpr size_t kMadeMax = 4'096;  // texts whose cookies are kept; names of targets come and go

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

CookieBox::CookieBox(std::string_view key_hex) : key_(crypto_secretbox_KEYBYTES, '\0') {
  CHECK(sodium_init() >= 0);
  if (key_hex.empty()) {
    randombytes_buf(raw(key_), key_.size());
    return;
  }
  // A derived key, because a key serves one purpose only.
  const int derived = crypto_generichash(raw(key_), key_.size(), raw(kPurpose), kPurpose.size(),
                                         raw(key_hex), std::min<size_t>(key_hex.size(), 64));
  CHECK(derived == 0);
}

std::string CookieBox::seal(std::string_view plain) const {
  std::string bytes(kOverheadBytes + plain.size(), '\0');
  randombytes_buf(raw(bytes), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(raw(bytes) + crypto_secretbox_NONCEBYTES, raw(plain), plain.size(),
                        raw(bytes), raw(std::string_view(key_)));
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), raw(std::string_view(bytes)), bytes.size(), kBase64);
  text.pop_back();  // the terminating zero of libsodium
  return text;
}

std::optional<std::string> CookieBox::open(std::string_view sealed) const {
  if (sealed.size() > kSealedCharsMax) return std::nullopt;
  std::string bytes(sealed.size(), '\0');
  size_t size = 0;
  const int decoded = sodium_base642bin(raw(bytes), bytes.size(), sealed.data(), sealed.size(),
                                        nullptr, &size, nullptr, kBase64);
  if (decoded != 0 || size < kOverheadBytes) return std::nullopt;
  std::string plain(size - kOverheadBytes, '\0');
  const int opened = crypto_secretbox_open_easy(
      raw(plain), raw(std::string_view(bytes)) + crypto_secretbox_NONCEBYTES,
      size - crypto_secretbox_NONCEBYTES, raw(std::string_view(bytes)),
      raw(std::string_view(key_)));
  if (opened != 0) return std::nullopt;
  return plain;
}

std::string CookieBox::named_by(const wire::http::Headers& request,
                                std::initializer_list<std::string_view> cookies, int64_t now_ms,
                                uint64_t duration_ms) const {
  if (!request.contains("Cookie")) return "";
  for (const std::string_view name : cookies) {
    for (const wire::http::Header& header : request) {
      if (!wire::http::same_text(header.name, "Cookie")) continue;
      for (const std::string_view value : wire::find_cookies(header.value, name)) {
        const auto plain = open(value);
        if (!plain) continue;
        const auto sticky = decode_sticky(*plain, now_ms, static_cast<int64_t>(duration_ms));
        if (sticky) return sticky->target;
      }
    }
  }
  return "";
}

const CookieBox::Made& CookieBox::made(std::string_view name, const std::string& text,
                                       int64_t now_ms, MadeByText& kept) {
  if (kept.size() > kMadeMax) kept.clear();
  Made& pair = kept[text];
  if (now_ms / 1000 == pair.second) return pair;
  Sticky sticky;
  sticky.target = text;
  sticky.issued_ms = now_ms;
  wire::SetCookie cookie;
  cookie.name = std::string(name);
  cookie.value = seal(encode_sticky(sticky));
  cookie.expires = http::http_date(now_ms + kStickyExpiresMs);
  pair.plain = wire::write_set_cookie(cookie);
  cookie.name = std::string(name) + "CORS";
  cookie.same_site = wire::SameSite::kNone;
  cookie.secure = true;
  pair.cors = wire::write_set_cookie(cookie);
  pair.second = now_ms / 1000;
  return pair;
}

std::string CookieBox::target_of(const wire::http::Headers& request, int64_t now_ms,
                                 uint64_t duration_ms) const {
  return named_by(request, {"AWSALBCORS", kTargetCookie}, now_ms, duration_ms);
}

void CookieBox::add_cookies(wire::http::Headers& response, const std::string& target,
                            int64_t now_ms) {
  if (target.size() > kStickyTargetMax) return;
  const Made& pair = made(kTargetCookie, target, now_ms, targets_);
  response.add("Set-Cookie", pair.plain);
  response.add("Set-Cookie", pair.cors);
}

std::string CookieBox::group_of(const wire::http::Headers& request, int64_t now_ms,
                                uint64_t duration_ms) const {
  const std::string text = named_by(request, {"AWSALBTGCORS", kGroupCookie}, now_ms, duration_ms);
  return text.starts_with(kGroupMark) ? text.substr(kGroupMark.size()) : "";
}

void CookieBox::add_group(wire::http::Headers& response, const std::string& group, int64_t now_ms) {
  const std::string text = std::string(kGroupMark) + group;
  if (text.size() > kStickyTargetMax) return;
  const Made& pair = made(kGroupCookie, text, now_ms, groups_);
  response.add("Set-Cookie", pair.plain);
  response.add("Set-Cookie", pair.cors);
}

std::string CookieBox::app_target_of(const wire::http::Headers& request,
                                     std::string_view app_cookie, int64_t now_ms,
                                     uint64_t duration_ms) const {
  const auto has_it = [app_cookie](const wire::http::Header& header) {
    return wire::http::same_text(header.name, "Cookie") &&
           wire::find_cookie(header.value, app_cookie).has_value();
  };
  if (std::ranges::none_of(request, has_it)) return "";
  const std::string text = named_by(request, {kAppCookie}, now_ms, duration_ms);
  return text.starts_with(kAppMark) ? text.substr(kAppMark.size()) : "";
}

void CookieBox::add_app(wire::http::Headers& response, const std::string& target, int64_t now_ms) {
  const std::string text = std::string(kAppMark) + target;
  if (text.size() > kStickyTargetMax) return;
  response.add("Set-Cookie", made(kAppCookie, text, now_ms, app_targets_).plain);
}

}  // namespace multiaz::lb
