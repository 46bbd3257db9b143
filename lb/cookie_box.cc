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
constexpr std::string_view kTargetCookie = "AWSALB", kGroupCookie = "AWSALBTG";
// In front of a group's name, so that neither cookie can be used in place of the other.
constexpr std::string_view kGroupMark = "group:";
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

std::string CookieBox::named_by(const wire::http::Headers& request, std::string_view cookie,
                                int64_t now_ms, uint64_t duration_ms) const {
  if (!request.contains("Cookie")) return "";
  for (const std::string& name : {std::string(cookie) + "CORS", std::string(cookie)}) {
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

void CookieBox::add_pair(wire::http::Headers& response, std::string_view name,
                         const std::string& text, int64_t now_ms, MadeByText& made) {
  if (text.size() > kStickyTargetMax) return;
  if (made.size() > kMadeMax) made.clear();
  Made& pair = made[text];
  if (now_ms / 1000 != pair.second) {
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
  }
  response.add("Set-Cookie", pair.plain);
  response.add("Set-Cookie", pair.cors);
}

std::string CookieBox::target_of(const wire::http::Headers& request, int64_t now_ms,
                                 uint64_t duration_ms) const {
  return named_by(request, kTargetCookie, now_ms, duration_ms);
}

void CookieBox::add_cookies(wire::http::Headers& response, const std::string& target,
                            int64_t now_ms) {
  add_pair(response, kTargetCookie, target, now_ms, targets_);
}

std::string CookieBox::group_of(const wire::http::Headers& request, int64_t now_ms,
                                uint64_t duration_ms) const {
  const std::string text = named_by(request, kGroupCookie, now_ms, duration_ms);
  return text.starts_with(kGroupMark) ? text.substr(kGroupMark.size()) : "";
}

void CookieBox::add_group(wire::http::Headers& response, const std::string& group, int64_t now_ms) {
  add_pair(response, kGroupCookie, std::string(kGroupMark) + group, now_ms, groups_);
}

}  // namespace multiaz::lb
