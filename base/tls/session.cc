#include "base/tls/session.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/core/check.h"
#include "base/tls/openssl.h"

namespace multiaz::tls {

// OpenSSL takes what it needs of the bytes of this call and keeps what is part of a record, so no
// byte is stored here.
struct Session::Wire {
  static int read(BIO* bio, char* to, size_t room, size_t* got) {
    auto& session = *static_cast<Session*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    *got = std::min(room, session.incoming_.size());
    if (*got == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    std::memcpy(to, session.incoming_.data(), *got);
    session.incoming_.remove_prefix(*got);
    return 1;
  }
  static int write(BIO* bio, const char* from, size_t bytes, size_t* taken) {
    auto& session = *static_cast<Session*>(BIO_get_data(bio));
    CHECK(session.outgoing_);
    session.outgoing_->append(from, bytes);
    *taken = bytes;
    return 1;
  }
  static long control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }
  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bytes");
      CHECK(out);
      BIO_meth_set_read_ex(out, read);
      BIO_meth_set_write_ex(out, write);
      BIO_meth_set_ctrl(out, control);
      return out;
    }();
    return made;
  }
};

namespace {

constexpr size_t kReadBytes = 16 << 10;  // the largest record

// What the certificate must be for: an address, or a name, which is told to the server as well.
void expect_server(SSL* ssl, const std::string& name) {
  in_addr address{};
  if (inet_pton(AF_INET, name.c_str(), &address) == 1) {
    CHECK(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1);
    return;
  }
  CHECK(SSL_set1_host(ssl, name.c_str()) == 1);
  SSL_set_tlsext_host_name(ssl, name.c_str());
}

}  // namespace

Session::Session(std::shared_ptr<const Context> context)
    : context_(std::move(context)), ssl_(SSL_new(context_->raw())) {
  CHECK(ssl_);
  SSL_set_app_data(ssl_, const_cast<Context*>(context_.get()));
  BIO* bio = BIO_new(Wire::method());
  CHECK(bio);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  if (context_->is_server()) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
    expect_server(ssl_, context_->server_name());
  }
}

Session::~Session() {
  SSL_free(ssl_);
}

void Session::start(std::string& wire) {
  outgoing_ = &wire;
  (void)shake_hands();  // nothing has come that it could fail for
  outgoing_ = nullptr;
}

Status Session::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_);
  established_ = done == 1;
  if (done == 1 || SSL_get_error(ssl_, done) == SSL_ERROR_WANT_READ) return Status();
  return failure();
}

Status Session::failure() {
  const long verified = SSL_get_verify_result(ssl_);
  if (!context_->is_server() && verified != X509_V_OK) {
    ERR_clear_error();
    return Error(Code::kDenied, "TLS: the certificate of " + context_->server_name() + ": " +
                                    X509_verify_cert_error_string(verified));
  }
  return Error(Code::kInvalid, "TLS: " + openssl_reason());
}

Status Session::take_in(std::string_view wire, std::string& plain, std::string& reply) {
  incoming_ = wire;
  outgoing_ = &reply;
  Status taken = established_ ? Status() : shake_hands();
  while (taken && established_ && !peer_ended_) {
    char bytes[kReadBytes];
    size_t got = 0;
    ERR_clear_error();
    const int done = SSL_read_ex(ssl_, bytes, sizeof bytes, &got);
    if (done == 1) {
      plain.append(bytes, got);
      continue;
    }
    const int why = SSL_get_error(ssl_, done);
    if (why == SSL_ERROR_WANT_READ) break;
    if (why == SSL_ERROR_ZERO_RETURN) {
      peer_ended_ = true;
    } else {
      taken = failure();
    }
  }
  incoming_ = {};
  outgoing_ = nullptr;
  return taken;
}

void Session::write(std::string_view plain, std::string& wire) {
  CHECK(established_);
  if (plain.empty()) return;
  outgoing_ = &wire;
  ERR_clear_error();
  size_t written = 0;
  // It fails only after the session has failed, and then nothing is sent any more.
  (void)SSL_write_ex(ssl_, plain.data(), plain.size(), &written);
  outgoing_ = nullptr;
}

void Session::end(std::string& wire) {
  outgoing_ = &wire;
  ERR_clear_error();
  (void)SSL_shutdown(ssl_);
  ERR_clear_error();
  outgoing_ = nullptr;
}

Facts Session::facts() const {
  CHECK(established_);
  Facts out;
  out.version = SSL_get_version(ssl_);
  out.cipher = SSL_get_cipher_name(ssl_);
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  out.server_name = name ? name : "";
  const unsigned char* protocol = nullptr;
  unsigned bytes = 0;
  SSL_get0_alpn_selected(ssl_, &protocol, &bytes);
  out.protocol.assign(reinterpret_cast<const char*>(protocol), bytes);
  out.resumed = SSL_session_reused(ssl_) == 1;
  return out;
}

}  // namespace multiaz::tls
