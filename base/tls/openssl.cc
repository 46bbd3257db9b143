#include "base/tls/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace multiaz::tls {

namespace {

OwnedBio reading(const std::string& text) {
  return OwnedBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without it OpenSSL would ask the terminal for the password of a key that has one.
int no_password(char*, int, int, void*) {
  return -1;
}

}  // namespace

Result<std::vector<OwnedCertificate>> read_certificates(const std::string& pem) {
  const OwnedBio bio = reading(pem);
  std::vector<OwnedCertificate> out;
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    out.emplace_back(one);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return Error(Code::kInvalid, "a broken certificate: " + openssl_reason());
  ERR_clear_error();
  if (out.empty()) return Error(Code::kInvalid, "no certificate in PEM form");
  return out;
}

Result<OwnedKey> read_key(const std::string& pem) {
  const OwnedBio bio = reading(pem);
  OwnedKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key)
    return Error(Code::kInvalid,
                 "no private key in PEM form without a password: " + openssl_reason());
  return key;
}

std::string openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  std::string out = reason ? reason : error ? "error " + std::to_string(error) : "no reason given";
  ERR_clear_error();
  return out;
}

}  // namespace multiaz::tls
