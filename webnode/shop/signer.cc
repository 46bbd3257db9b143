#include "webnode/shop/signer.h"

#include <sodium.h>

#include "base/core/check.h"
#include "base/core/random.h"
#include "base/wire/hash.h"

namespace multiaz::webnode {

namespace {

constexpr int kBase64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Derives one key for each purpose from the one secret.
void derive(std::string_view secret, std::string_view purpose, std::array<unsigned char, 32>& key) {
  const std::string text = std::string(purpose) + "\n" + std::string(secret);
  crypto_generichash(key.data(), key.size(), bytes_of(text), text.size(), nullptr, 0);
}

}  // namespace

Signer::Signer(std::string_view key_text) {
  CHECK(sodium_init() >= 0);
  CHECK(!key_text.empty());
  derive(key_text, "multiaz session cookie", session_key_);
  derive(key_text, "multiaz form token", form_key_);
  derive(key_text, "multiaz sealed cookie", seal_key_);
}

std::string Signer::new_session_id() {
  return secret_hex(kSessionIdHexDigits / 2);
}

std::string Signer::mac(const Key& key, std::string_view text) {
  unsigned char raw[crypto_auth_hmacsha256_BYTES];
  crypto_auth_hmacsha256(raw, bytes_of(text), text.size(), key.data());
  char encoded[sodium_base64_ENCODED_LEN(sizeof raw, kBase64)];
  sodium_bin2base64(encoded, sizeof encoded, raw, sizeof raw, kBase64);
  return encoded;
}

bool Signer::same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Signer::cookie_value(std::string_view session_id) const {
  return std::string(session_id) + "." + mac(session_key_, session_id);
}

std::optional<std::string> Signer::session_of(std::string_view cookie_value) const {
  const size_t dot = cookie_value.find('.');
  if (dot != kSessionIdHexDigits) return std::nullopt;
  const std::string_view id = cookie_value.substr(0, dot);
  if (!same(cookie_value.substr(dot + 1), mac(session_key_, id))) return std::nullopt;
  return std::string(id);
}

std::string Signer::seal(std::string_view text) const {
  std::string encoded(sodium_base64_encoded_len(text.size(), kBase64), '\0');
  sodium_bin2base64(encoded.data(), encoded.size(), bytes_of(text), text.size(), kBase64);
  encoded.pop_back();  // the terminating zero
  return encoded + "." + mac(seal_key_, encoded);
}

std::optional<std::string> Signer::open(std::string_view sealed) const {
  const size_t dot = sealed.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view encoded = sealed.substr(0, dot);
  if (!same(sealed.substr(dot + 1), mac(seal_key_, encoded))) return std::nullopt;
  std::string text(encoded.size(), '\0');
  size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(text.data()), text.size(), encoded.data(),
                        encoded.size(), nullptr, &size, nullptr, kBase64) != 0) {
    return std::nullopt;
  }
  text.resize(size);
  return text;
}

std::string Signer::form_token(std::string_view session_id) const {
  return mac(form_key_, session_id);
}

bool Signer::form_token_ok(std::string_view session_id, std::string_view token) const {
  return same(token, form_token(session_id));
}

std::string digest_hex(std::string_view text) {
  unsigned char raw[32];
  crypto_generichash(raw, sizeof raw, bytes_of(text), text.size(), nullptr, 0);
  return wire::to_hex({reinterpret_cast<const char*>(raw), sizeof raw});
}

}  // namespace multiaz::webnode
