#include "lb/tunnel.h"

#include "base/rt/nursery.h"

namespace multiaz::lb {

rt::Task<void> Tunnel::run() {
  restart_idle_time();
  rt::Nursery nursery;
  nursery.spawn("tunnel to target", copy(client_, target_, from_client_bytes_));
  co_await copy(target_, client_, from_target_bytes_);
  co_await nursery.join();
}

rt::Task<void> Tunnel::copy(rt::Conn& from, rt::Conn& to, uint64_t& bytes) {
  while (true) {
    const std::string_view piece = from.peek();
    if (piece.empty()) {
      const Status more = co_await from.more();
      if (more) continue;
      break;
    }
    restart_idle_time();
    bytes += piece.size();
    const bool sent = to.send(piece);
    from.consume(piece.size());
    if (sent && to.pending_bytes() <= rt::kPendingBytesHigh) continue;
    const Status taken = co_await to.write("");
    if (!taken) break;
  }
  if (from.closed()) {
    to.close(Code::kClosed, "the other end of the tunnel is gone");
  } else if (to.closed()) {
    from.close(Code::kClosed, "the other end of the tunnel is gone");
  } else {
    to.shutdown_write();
  }
}

void Tunnel::restart_idle_time() {
  client_.deadline_in_ms(idle_ms_);
  target_.deadline_in_ms(idle_ms_);
}

}  // namespace multiaz::lb
