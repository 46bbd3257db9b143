// Owners of OpenSSL's values, values from PEM texts, and the reason of the last failure. Only the
// .cc files of base/tls include it.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "base/core/result.h"

namespace multiaz::tls {

struct Freer {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using OwnedCertificate = std::unique_ptr<X509, Freer>;
using OwnedKey = std::unique_ptr<EVP_PKEY, Freer>;
using OwnedBio = std::unique_ptr<BIO, Freer>;

// All certificates of a PEM text, at least one. kInvalid says what is wrong with it.
Result<std::vector<OwnedCertificate>> read_certificates(const std::string& pem);
// A private key without a password.
Result<OwnedKey> read_key(const std::string& pem);

// Why the last call failed, in OpenSSL's words; forgets it.
std::string openssl_reason();

}  // namespace multiaz::tls
