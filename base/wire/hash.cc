#include "base/wire/hash.h"

#include <sodium.h>

namespace multiaz::wire {

static_assert(sizeof(Sha256) == crypto_hash_sha256_BYTES);
static_assert(sizeof(Sha256) == crypto_auth_hmacsha256_BYTES);

namespace {

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Sha256 sha256(std::string_view text) {
  Sha256 out;
  crypto_hash_sha256(out.data(), unsigned_bytes(text), text.size());
  return out;
}

Sha256 hmac_sha256(std::string_view key, std::string_view text) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, unsigned_bytes(key), key.size());
  crypto_auth_hmacsha256_update(&state, unsigned_bytes(text), text.size());
  Sha256 out;
  crypto_auth_hmacsha256_final(&state, out.data());
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), unsigned_bytes(bytes), bytes.size());
  out.pop_back();
  return out;
}

}  // namespace multiaz::wire
