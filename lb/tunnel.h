// Tunnel: both directions of a connection after a target has switched to the WebSocket protocol
// (RFC 9110 7.8, RFC 6455). Bytes pass as they are until both sides have ended, one has failed, or
// none has sent anything for the idle time-out.
#pragma once

#include <cstdint>

#include "base/rt/conn.h"
#include "base/rt/task.h"

namespace multiaz::lb {

class Tunnel {
 public:
  // REQUIRES: both connections outlive it, and nothing else reads them.
  Tunnel(rt::Conn& client, rt::Conn& target, uint64_t idle_ms)
      : client_(client), target_(target), idle_ms_(idle_ms) {}

  // Returns when both directions are over. The connections are closed unless both ends have ended
  // their side in order.
  rt::Task<void> run();

  [[nodiscard]] uint64_t from_client_bytes() const { return from_client_bytes_; }
  [[nodiscard]] uint64_t from_target_bytes() const { return from_target_bytes_; }

 private:
  rt::Task<void> copy(rt::Conn& from, rt::Conn& to, uint64_t& bytes);
  // A byte in either direction keeps both connections.
  void restart_idle_time();

  rt::Conn& client_;
  rt::Conn& target_;
  const uint64_t idle_ms_;
  uint64_t from_client_bytes_ = 0, from_target_bytes_ = 0;
};

}  // namespace multiaz::lb
