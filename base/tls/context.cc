#include "base/tls/context.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <utility>

#include "base/core/check.h"
#include "base/core/random.h"
#include "base/tls/openssl.h"
#include "base/tls/tickets.h"

namespace multiaz::tls {

namespace {

// These are the ciphers of ELBSecurityPolicy-TLS13-1-2-Res-2021-06, and ChaCha20.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr size_t kProtocolBytesMax = 255;

SSL_CTX* new_context(const SSL_METHOD* method) {
  SSL_CTX* raw = SSL_CTX_new(method);
  CHECK(raw);
  CHECK(SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1);
  CHECK(SSL_CTX_set_cipher_list(raw, kCiphers12) == 1);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // An idle session gives its buffers back.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  return raw;
}

const Context& context_of(SSL* session) {
  return *static_cast<const Context*>(SSL_get_app_data(session));
}

int on_server_name(SSL* session, int*, void*) {
  const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  const Context& context = context_of(session);
  SSL_set_SSL_CTX(session, context.raw(context.identity_for(name)));
  return SSL_TLSEXT_ERR_OK;
}

int on_protocols(SSL* session, const unsigned char** chosen, unsigned char* chosen_bytes,
                 const unsigned char* offered, unsigned offered_bytes, void*) {
  const std::string& ours = context_of(session).protocols();
  unsigned char* out = nullptr;
  const int found =
      SSL_select_next_proto(&out, chosen_bytes, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_bytes);
  *chosen = out;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Error invalid(const std::string& what) {
  return Error(Code::kInvalid, what + ": " + openssl_reason());
}

// The first certificate is the server's, the others lead to an authority.
Status use_certificates(SSL_CTX* raw, const std::string& pem) {
  auto certificates = read_certificates(pem);
  if (!certificates) return certificates.error();
  bool first = true;
  for (const auto& one : *certificates) {
    const bool used = first ? SSL_CTX_use_certificate(raw, one.get()) == 1
                            : SSL_CTX_add1_chain_cert(raw, one.get()) == 1;
    if (!used) return invalid("the certificate cannot be used");
    first = false;
  }
  return Status();
}

}  // namespace

Context::~Context() {
  for (SSL_CTX* raw : contexts_) SSL_CTX_free(raw);
}

Status Context::set_protocols(const std::vector<std::string>& protocols) {
  for (const std::string& one : protocols) {
    if (one.empty() || one.size() > kProtocolBytesMax) {
      return Error(Code::kInvalid, "a protocol of ALPN has 1 to 255 bytes, not \"" + one + "\"");
    }
    protocols_ += static_cast<char>(one.size());
    protocols_ += one;
  }
  return Status();
}

Status Context::add_identity(const Identity& identity) {
  ERR_clear_error();
  SSL_CTX* raw = new_context(TLS_server_method());
  contexts_.push_back(raw);
  const Status certificates = use_certificates(raw, identity.certificates_pem);
  if (!certificates) return certificates;
  auto key = read_key(identity.key_pem);
  if (!key) return key.error();
  if (SSL_CTX_use_PrivateKey(raw, key->get()) != 1 || SSL_CTX_check_private_key(raw) != 1) {
    return invalid("the private key is not the certificate's");
  }
  use_tickets(raw);
  SSL_CTX_set_tlsext_servername_callback(raw, on_server_name);
  if (!protocols_.empty()) SSL_CTX_set_alpn_select_cb(raw, on_protocols, nullptr);
  return Status();
}

Result<std::shared_ptr<const Context>> Context::server(const ServerSettings& settings) {
  std::shared_ptr<Context> out(new Context);
  if (settings.identities.empty()) return Error(Code::kInvalid, "a TLS server needs a certificate");
  out->ticket_secret_ = settings.ticket_secret.empty() ? secret_hex(32) : settings.ticket_secret;
  const Status protocols = out->set_protocols(settings.protocols);
  if (!protocols) return protocols.error();
  for (const Identity& identity : settings.identities) {
    const Status added = out->add_identity(identity);
    if (!added) return added.error();
  }
  return std::shared_ptr<const Context>(std::move(out));
}

Result<std::shared_ptr<const Context>> Context::client(const ClientSettings& settings) {
  ERR_clear_error();
  std::shared_ptr<Context> out(new Context);
  if (settings.server_name.empty()) {
    return Error(Code::kInvalid, "a TLS client needs the name of its server");
  }
  out->server_name_ = settings.server_name;
  const Status protocols = out->set_protocols(settings.protocols);
  if (!protocols) return protocols.error();
  SSL_CTX* raw = new_context(TLS_client_method());
  out->contexts_.push_back(raw);
  auto trusted = read_certificates(settings.authorities_pem);
  if (!trusted) return trusted.error();
  for (const auto& one : *trusted) X509_STORE_add_cert(SSL_CTX_get_cert_store(raw), one.get());
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  if (!out->protocols_.empty()) {
    SSL_CTX_set_alpn_protos(raw, reinterpret_cast<const unsigned char*>(out->protocols_.data()),
                            static_cast<unsigned>(out->protocols_.size()));
  }
  return std::shared_ptr<const Context>(std::move(out));
}

size_t Context::identity_for(const std::string& name) const {
  for (size_t i = 0; i < contexts_.size(); ++i) {
    X509* certificate = SSL_CTX_get0_certificate(contexts_[i]);
    if (X509_check_host(certificate, name.data(), name.size(), 0, nullptr) == 1) return i;
  }
  return 0;
}

std::string Context::ticket_key(std::string_view name) const {
  std::string key;
  for (const char* use : {"seal", "sign"}) {
    const std::string text = "tls ticket " + std::string(use) + " " + std::string(name);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    HMAC(EVP_sha256(), ticket_secret_.data(), static_cast<int>(ticket_secret_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &bytes);
    key.append(reinterpret_cast<const char*>(digest), bytes);
  }
  return key;
}

}  // namespace multiaz::tls
