#include "base/tls/authority.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cctype>

#include "base/tls/openssl.h"

namespace multiaz::tls {

namespace {

constexpr long kDaySeconds = 86'400;
constexpr int kSerialBits = 127;
constexpr size_t kNameBytesMax = 253;
constexpr const char* kNameConstraints =
    "critical,permitted;DNS:test,permitted;DNS:localhost,permitted;IP:127.0.0.0/255.0.0.0";

Error failed(const std::string& what) {
  return Error(Code::kInternal, what + ": " + openssl_reason());
}

bool is_address(const std::string& name) {
  in_addr address{};
  return inet_pton(AF_INET, name.c_str(), &address) == 1;
}

Status check_name(const std::string& name) {
  const std::string advice = ": a name below .test, localhost or an address of 127.0.0.0/8";
  if (is_address(name)) {
    if (name.starts_with("127.")) return Status();
    return Error(Code::kInvalid, name + " is not the authority's to certify" + advice);
  }
  const std::string plain = name.starts_with("*.") ? name.substr(2) : name;
  const bool spelled = !plain.empty() && name.size() <= kNameBytesMax &&
                       std::ranges::all_of(plain, [](unsigned char c) {
                         return std::isalnum(c) || c == '-' || c == '.' || c == '_';
                       });
  if (!spelled || plain.front() == '.' || plain.find("..") != std::string::npos) {
    return Error(Code::kInvalid, "\"" + name + "\" is no name" + advice);
  }
  if (plain != "localhost" && !plain.ends_with(".test")) {
    return Error(Code::kInvalid, name + " is not the authority's to certify" + advice);
  }
  return Status();
}

bool extend(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  const bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// A certificate without extensions and signature, valid from yesterday on.
OwnedCertificate begin_certificate(const std::string& common_name, EVP_PKEY* key, long days) {
  OwnedCertificate out(X509_new());
  BIGNUM* serial = BN_new();
  X509_NAME* name = out ? X509_get_subject_name(out.get()) : nullptr;
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  const bool begun = name && serial && X509_set_version(out.get(), X509_VERSION_3) == 1 &&
                     BN_rand(serial, kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                     BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(out.get())) &&
                     X509_gmtime_adj(X509_getm_notBefore(out.get()), -kDaySeconds) &&
                     X509_gmtime_adj(X509_getm_notAfter(out.get()), (days - 1) * kDaySeconds) &&
                     X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
                                                reinterpret_cast<const unsigned char*>("multiaz"),
                                                -1, -1, 0) == 1 &&
                     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
                     X509_set_pubkey(out.get(), key) == 1;
  BN_free(serial);
  return begun ? std::move(out) : nullptr;
}

std::string text_of(const OwnedBio& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

Result<Identity> in_pem(X509* certificate, EVP_PKEY* key) {
  const OwnedBio certificate_bio(BIO_new(BIO_s_mem())), key_bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_bio.get(), certificate) != 1 ||
      PEM_write_bio_PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed("PEM");
  }
  return Identity{text_of(certificate_bio), text_of(key_bio)};
}

}  // namespace

Result<Identity> make_authority(const std::string& common_name) {
  ERR_clear_error();
  const OwnedKey key(EVP_EC_gen("P-256"));
  if (!key) return failed("a key");
  const OwnedCertificate certificate = begin_certificate(common_name, key.get(), kAuthorityDays);
  X509* raw = certificate.get();
  const bool made = raw && X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1 &&
                    extend(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    extend(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    extend(raw, raw, NID_subject_key_identifier, "hash") &&
                    extend(raw, raw, NID_name_constraints, kNameConstraints) &&
                    X509_sign(raw, key.get(), EVP_sha256()) > 0;
  if (!made) return failed("the authority's certificate");
  return in_pem(raw, key.get());
}

Result<std::string> first_certificate(const std::string& pem) {
  const auto all = read_certificates(pem);
  if (!all) return all.error();
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(bio.get(), all->front().get()) != 1) return failed("PEM");
  return text_of(bio);
}

Result<Identity> issue_certificate(const Identity& authority, const std::string& subject,
                                   const std::vector<std::string>& names) {
  ERR_clear_error();
  std::string alternatives;
  for (const std::string& name : names) {
    const Status valid = check_name(name);
    if (!valid) return valid.error();
    alternatives +=
        (alternatives.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  }
  if (names.empty()) return Error(Code::kInvalid, "a certificate needs at least one name");
  const auto issuers = read_certificates(authority.certificates_pem);
  if (!issuers) return issuers.error();
  const auto issuer_key = read_key(authority.key_pem);
  if (!issuer_key) return issuer_key.error();
  X509* issuer = issuers->front().get();
  const OwnedKey key(EVP_EC_gen("P-256"));
  if (!key) return failed("a key");
  const OwnedCertificate certificate = begin_certificate(subject, key.get(), kCertificateDays);
  X509* raw = certificate.get();
  const bool made = raw && X509_set_issuer_name(raw, X509_get_subject_name(issuer)) == 1 &&
                    extend(raw, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                    extend(raw, issuer, NID_key_usage, "critical,digitalSignature") &&
                    extend(raw, issuer, NID_ext_key_usage, "serverAuth") &&
                    extend(raw, issuer, NID_subject_key_identifier, "hash") &&
                    extend(raw, issuer, NID_authority_key_identifier, "keyid") &&
                    extend(raw, issuer, NID_subject_alt_name, alternatives.c_str()) &&
                    X509_sign(raw, issuer_key->get(), EVP_sha256()) > 0;
  if (!made) return failed("the certificate of " + subject);
  return in_pem(raw, key.get());
}

}  // namespace multiaz::tls
