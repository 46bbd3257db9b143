// Proves that a session id was made by the shop: an HMAC in the cookie, and another in every form
// (CSRF).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace multiaz::webnode {

constexpr size_t kSessionIdHexDigits = 32;  // 128 bits

class Signer {
 public:
  // The same text gives the same signatures in all web instances. REQUIRES: key_text is not empty.
  explicit Signer(std::string_view key_text);

  static std::string new_session_id();
  // "<id>.<base64url of HMAC-SHA-256>"
  [[nodiscard]] std::string cookie_value(std::string_view session_id) const;
  // The session id of a cookie that the shop signed; compares in constant time.
  [[nodiscard]] std::optional<std::string> session_of(std::string_view cookie_value) const;
  // Seals a text that the browser keeps: the browser can read it but not change it. The result is
  // the text in base64url, a dot, and the signature.
  [[nodiscard]] std::string seal(std::string_view text) const;
  [[nodiscard]] std::optional<std::string> open(std::string_view sealed) const;
  // A token for forms of this session only.
  [[nodiscard]] std::string form_token(std::string_view session_id) const;
  [[nodiscard]] bool form_token_ok(std::string_view session_id, std::string_view token) const;

 private:
  using Key = std::array<unsigned char, 32>;
  static std::string mac(const Key& key, std::string_view text);
  static bool same(std::string_view a, std::string_view b);
  Key session_key_{}, form_key_{}, seal_key_{};
};

// 64 lower-case hex digits of an unkeyed hash: for request bodies, ETags, throttling keys.
std::string digest_hex(std::string_view text);

}  // namespace multiaz::webnode
