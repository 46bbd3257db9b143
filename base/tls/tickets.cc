#include "base/tls/tickets.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "base/core/clock.h"
#include "base/tls/context.h"

namespace multiaz::tls {

namespace {

constexpr size_t kNameBytes = 16;
constexpr size_t kKeyBytes = 32;
// A new key after this time; tickets of the key before it are still taken, and replaced.
constexpr int64_t kPeriodMs = 12 * 3'600'000;

// The name of a period's key: its number behind a mark.
std::string name_of(int64_t period) {
  std::string name = "multiaz ";
  for (int shift = 56; shift >= 0; shift -= 8) name += static_cast<char>(period >> shift);
  return name;
}

// A callback of OpenSSL answers with one of these.
enum Answer { kFailed = -1, kUnknown = 0, kTaken = 1, kTakenReplaceIt = 2 };

int on_ticket(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int sealing) {
  const auto* context = static_cast<const Context*>(SSL_get_app_data(session));
  const int64_t period = wall_now_ms() / kPeriodMs;
  int answer = kTaken;
  if (sealing) {
    const std::string fresh = name_of(period);
    std::memcpy(name, fresh.data(), kNameBytes);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return kFailed;
  } else {
    const std::string_view wanted(reinterpret_cast<const char*>(name), kNameBytes);
    if (wanted == name_of(period - 1)) {
      answer = kTakenReplaceIt;
    } else if (wanted != name_of(period)) {
      return kUnknown;
    }
  }
  std::string key = context->ticket_key({reinterpret_cast<const char*>(name), kNameBytes});
  auto* sealing_key = reinterpret_cast<unsigned char*>(key.data());
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, sealing_key + kKeyBytes, kKeyBytes),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  const bool ready =
      EVP_MAC_CTX_set_params(mac, params) == 1 &&
      EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, sealing_key, iv, sealing) == 1;
  return ready ? answer : kFailed;
}

}  // namespace

void use_tickets(SSL_CTX* raw) {
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(raw, on_ticket);
  const unsigned char kIdContext[] = "multiaz";
  SSL_CTX_set_session_id_context(raw, kIdContext, sizeof kIdContext - 1);
}

}  // namespace multiaz::tls
