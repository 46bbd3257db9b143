// HangUp: whether a client has hung up, asked periodically while its statement runs. A client that
// only ended its side may still wait for the answer, so it gets a moment to read it.
#pragma once

#include <poll.h>

#include "base/core/clock.h"
#include "base/rt/conn.h"

namespace multiaz::dbnode {

constexpr uint64_t kHalfClosedMs = 200;  // for the answer when the client has ended its side

class HangUp {
 public:
  // REQUIRES: the connection outlives it.
  explicit HangUp(const rt::Conn& conn) : conn_(conn) {}

  bool noticed(Nanos now) {
    if (!ended()) {
      ended_since_ = 0;
      return false;
    }
    if (ended_since_ == 0) ended_since_ = now;
    return conn_.closed() || now - ended_since_ >= kHalfClosedMs * kMillisecond;
  }

 private:
  // Unread bytes may lie in front of the end of the stream, so the socket is asked as well.
  bool ended() const {
    if (conn_.closed() || conn_.at_eof()) return true;
    pollfd socket = {conn_.fd(), POLLRDHUP, 0};
    return poll(&socket, 1, 0) == 1;
  }

  const rt::Conn& conn_;
  Nanos ended_since_ = 0;  // 0 while the client is connected
};

}  // namespace multiaz::dbnode
