#include "base/http/linger.h"

namespace multiaz::http {

rt::Task<void> linger(rt::Conn& conn) {
  conn.deadline_in_ms(kLingerMs);
  const Status drained = co_await conn.drained();
  if (!drained || conn.at_eof()) co_return;
  conn.shutdown_write();
  size_t bytes = 0;
  while (bytes < kLingerBytesMax) {
    const size_t arrived = conn.peek().size();
    bytes += arrived;
    conn.consume(arrived);
    const Status more = co_await conn.more();
    if (!more) co_return;
  }
}

}  // namespace multiaz::http
