// StreamLayer: what a connection's bytes go through between the application and the wire, such as
// TLS. It does no I/O: bytes in, bytes out. The connection owns it and carries the bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz::rt {

class StreamLayer {
 public:
  virtual ~StreamLayer() = default;
  // What this side says first is appended to `wire`.
  virtual void start(std::string& wire) = 0;
  // Takes all of `wire` in; appends to `plain` what it meant, and to `reply` what has to be sent.
  // An error ends the connection, after the reply (an alert) was sent.
  virtual Status take_in(std::string_view wire, std::string& plain, std::string& reply) = 0;
  // Whether the handshake is over, so that write() may be called.
  [[nodiscard]] virtual bool established() const = 0;
  // Whether the peer has said that nothing follows. A stream that ends without it was cut short.
  [[nodiscard]] virtual bool peer_ended() const = 0;
  // REQUIRES: established().
  virtual void write(std::string_view plain, std::string& wire) = 0;
  // Says that nothing follows.
  virtual void end(std::string& wire) = 0;
};

}  // namespace multiaz::rt
