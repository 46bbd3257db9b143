#include "enginenode/relay.h"

#include <algorithm>

namespace multiaz::enginenode {

namespace {
constexpr size_t kPieceBytes = 64 << 10;
constexpr uint64_t kProgressMs = 60'000;  // for a client that takes none of its last bytes
}  // namespace

rt::Task<void> Relay::run(std::unique_ptr<rt::Conn> a, std::unique_ptr<rt::Conn> b,
                          std::function<bool()> allowed) {
  Pair pair;
  pair.a = std::move(a);
  pair.b = std::move(b);
  pair.allowed = std::move(allowed);
  const auto place = pairs_.insert(pairs_.end(), &pair);
  rt::Nursery nursery;
  nursery.spawn("there", pump(pair, *pair.a, *pair.b, true));
  nursery.spawn("back", pump(pair, *pair.b, *pair.a, false));
  co_await nursery.join();
  pairs_.erase(place);
}

rt::Task<void> Relay::pump(Pair& pair, rt::Conn& from, rt::Conn& to, bool towards_server) {
  while (true) {
    const std::string_view bytes = from.peek().substr(0, kPieceBytes);
    if (bytes.empty()) {
      const Status more = co_await from.more();
      if (more) continue;
      break;
    }
    if (!pair.allowed()) break;
    const std::string piece(bytes);
    from.consume(piece.size());
    const Status sent = co_await to.write(piece);
    if (!sent) break;
  }
  if (from.at_eof() && !to.closed() && pair.allowed()) {
    if (towards_server) {
      to.shutdown_write();
      co_return;
    }
    to.progress_deadline_ms(kProgressMs);
    (void)co_await to.drained();
  }
  close(pair, "the other side has ended");
}

void Relay::close(Pair& pair, const char* why) {
  pair.a->close(Code::kClosed, why);
  pair.b->close(Code::kClosed, why);
}

void Relay::check() {
  for (Pair* pair : pairs_) {
    if (!pair->allowed()) close(*pair, "the role has moved");
  }
}

void Relay::close_all() {
  for (Pair* pair : pairs_) close(*pair, "ending");
}

}  // namespace multiaz::enginenode
