#include "base/http/refusals.h"

#include "base/http/linger.h"

namespace multiaz::http {

rt::Task<void> Refusals::refuse(std::unique_ptr<rt::Conn> conn, std::string words) {
  if (leaving_.size() >= connections_max_) {
    // Its task removes itself from the list a moment later; until then the next call finds the next
    // one.
    leaving_.front()->close(Code::kCancelled, "a newcomer is to be refused");
    leaving_.pop_front();
  }
  leaving_.push_back(conn.get());
  conn->send(words);
  const Status delivered = co_await deliver(*conn, kLingerMs);
  if (delivered) co_await linger(*conn);
  leaving_.remove(conn.get());
}

}  // namespace multiaz::http
