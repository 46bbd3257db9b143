// Session: one end of a TLS connection, without I/O (see base/rt/stream_layer.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/rt/stream_layer.h"
#include "base/tls/context.h"

struct ssl_st;

namespace multiaz::tls {

// What both ends have agreed on, in the names of OpenSSL, which access logs use as well.
struct Facts {
  std::string version;      // "TLSv1.3"
  std::string cipher;       // "TLS_AES_128_GCM_SHA256"
  std::string server_name;  // that the client asked for; "" for none
  std::string protocol;     // of ALPN; "" for none
  bool resumed = false;
};

class Session : public rt::StreamLayer {
 public:
  explicit Session(std::shared_ptr<const Context> context);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start(std::string& wire) override;
  Status take_in(std::string_view wire, std::string& plain, std::string& reply) override;
  [[nodiscard]] bool established() const override { return established_; }
  [[nodiscard]] bool peer_ended() const override { return peer_ended_; }
  void write(std::string_view plain, std::string& wire) override;
  void end(std::string& wire) override;

  // REQUIRES: established().
  [[nodiscard]] Facts facts() const;

 private:
  struct Wire;  // how OpenSSL reads and writes the bytes of a call
  Status shake_hands();
  Status failure();

  std::shared_ptr<const Context> context_;
  ssl_st* ssl_;
  // Of the call that is running.
  std::string_view incoming_;
  std::string* outgoing_ = nullptr;
  bool established_ = false;
  bool peer_ended_ = false;
};

}  // namespace multiaz::tls
