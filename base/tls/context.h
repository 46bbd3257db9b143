// Context: what all TLS sessions of one listener, or to one kind of server, have in common:
// certificates by name, the authorities that are trusted, application protocols, keys of tickets.
//
// TLS 1.2 and 1.3 only, forward secrecy and authenticated ciphers only, no renegotiation, no
// compression, no early data.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

struct ssl_ctx_st;

namespace multiaz::tls {

// A certificate with those of the authorities between it and a trusted one, and its private key.
struct Identity {
  std::string certificates_pem, key_pem;
};

struct ServerSettings {
  // The first is for clients that name no server, or one that no certificate is for.
  std::vector<Identity> identities;
  std::vector<std::string> protocols;  // of ALPN, the preferred one first; empty: it is not spoken
  // Servers with the same secret resume each other's sessions. "" takes a random one.
  std::string ticket_secret;
};

struct ClientSettings {
  std::string authorities_pem;  // those that are trusted
  std::string server_name;      // a name or an address that the certificate must be for
  std::vector<std::string> protocols;
};

class Context {
 public:
  // kInvalid names the certificate or key that is wrong, and why.
  static Result<std::shared_ptr<const Context>> server(const ServerSettings& settings);
  static Result<std::shared_ptr<const Context>> client(const ClientSettings& settings);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] bool is_server() const { return server_name_.empty(); }
  [[nodiscard]] const std::string& server_name() const { return server_name_; }
  // For Session: the certificates in the order of the settings, and which one is for a name.
  [[nodiscard]] ssl_ctx_st* raw(size_t identity = 0) const { return contexts_[identity]; }
  [[nodiscard]] size_t identity_for(const std::string& name) const;
  // The key of the tickets that are named so (16 bytes): 32 bytes to seal, 32 to sign.
  [[nodiscard]] std::string ticket_key(std::string_view name) const;
  // In the form of the wire: each with its length in front.
  [[nodiscard]] const std::string& protocols() const { return protocols_; }

 private:
  Context() = default;
  Status add_identity(const Identity& identity);
  Status set_protocols(const std::vector<std::string>& protocols);

  std::vector<ssl_ctx_st*> contexts_;  // one for each certificate
  std::string server_name_;            // of a client
  std::string protocols_, ticket_secret_;
};

}  // namespace multiaz::tls
