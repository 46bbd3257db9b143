#include "base/http/linger.h"

namespace multiaz::http {

rt::Task<Status> write_all(rt::Conn& conn, std::string_view bytes, uint64_t progress_ms) {
  // An answer that fits needs no deadline, and most answers fit.
  const bool fits = conn.send(bytes) && conn.pending_bytes() <= rt::kPendingBytesHigh;
  if (fits) co_return Status();
  conn.progress_deadline_ms(progress_ms);
  const Status written = co_await conn.write("");
  conn.clear_deadline();
  co_return written;
}

rt::Task<Status> deliver(rt::Conn& conn, uint64_t progress_ms) {
  if (conn.closed()) co_return conn.close_reason();
  if (conn.pending_bytes() == 0) co_return Status();
  conn.progress_deadline_ms(progress_ms);
  const Status drained = co_await conn.drained();
  conn.clear_deadline();
  co_return drained;
}

rt::Task<void> linger(rt::Conn& conn) {
  if (conn.at_eof()) co_return;
  conn.shutdown_write();
  conn.deadline_in_ms(kLingerMs);
  size_t bytes = 0;
  while (bytes < kLingerBytesMax) {
    const size_t arrived = conn.peek().size();
    bytes += arrived;
    conn.consume(arrived);
    const Status more = co_await conn.more();
    if (!more) co_return;
  }
}

rt::Task<void> end_in_order(AcceptedConn& accepted, uint64_t progress_ms) {
  if (accepted.conn.closed()) co_return;
  accepted.become_busy();  // else a drain of the acceptor cuts off the rest of the answer
  const Status delivered = co_await deliver(accepted.conn, progress_ms);
  accepted.become_idle();
  if (delivered) co_await linger(accepted.conn);
}

}  // namespace multiaz::http
