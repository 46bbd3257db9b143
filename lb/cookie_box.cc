#include "lb/cookie_box.h"

#include <algorithm>

#include <sodium.h>

#include "base/core/check.h"
#include "base/http/date.h"
#include "base/wire/cookie.h"
#include "lb/balance/sticky.h"

namespace multiaz::lb {

namespace {

constexpr std::string_view kPurpose = "multiaz lb stickiness";
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;
constexpr size_t kOverheadBytes = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
constexpr size_t kSealedCharsMax = 512;

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

std::string CookieBox::target_of(const wire::http::Headers& request, int64_t now_ms) const {
  std::string_view value;
  for (const std::string_view name : {"AWSALBCORS", "AWSALB"}) {
    for (const wire::http::Header& header : request) {
      if (!value.empty() || !wire::http::same_text(header.name, "Cookie")) continue;
      value = wire::find_cookie(header.value, name).value_or("");
    }
  }
  if (value.empty()) return "";
  const auto plain = open(value);
  if (!plain) return "";
  const auto sticky = decode_sticky(*plain, now_ms, kStickyDurationMs);
  return sticky ? sticky->target : "";
}

void CookieBox::add_cookies(wire::http::Headers& response, const std::string& target,
                            int64_t now_ms) {
  if (target.size() > kStickyTargetMax) return;
  if (now_ms / 1000 != cached_second_ || target != cached_target_) {
    Sticky sticky;
    sticky.target = target;
    sticky.issued_ms = now_ms;
    cached_value_ = seal(encode_sticky(sticky));
    cached_expires_ = http::http_date(now_ms + kStickyExpiresMs);
    cached_target_ = target;
    cached_second_ = now_ms / 1000;
  }
  wire::SetCookie cookie;
  cookie.name = "AWSALB";
  cookie.value = cached_value_;
  cookie.expires = cached_expires_;
  response.add("Set-Cookie", wire::write_set_cookie(cookie));
  cookie.name = "AWSALBCORS";
  cookie.same_site = wire::SameSite::kNone;
  cookie.secure = true;
  response.add("Set-Cookie", wire::write_set_cookie(cookie));
}

}  // namespace multiaz::lb
