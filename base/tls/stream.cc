#include "base/tls/stream.h"

#include <utility>

namespace multiaz::tls {

rt::Task<Status> start(rt::Conn& conn, std::shared_ptr<const Context> context,
                       uint64_t deadline_ms) {
  auto session = std::make_unique<Session>(std::move(context));
  const Status started = co_await conn.start_layer(std::move(session), deadline_ms);
  co_return started;
}

std::optional<Facts> facts_of(const rt::Conn& conn) {
  const auto* session = dynamic_cast<const Session*>(conn.layer());
  if (session == nullptr || !session->established()) return std::nullopt;
  return session->facts();
}

}  // namespace multiaz::tls
