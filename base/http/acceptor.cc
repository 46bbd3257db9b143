#include "base/http/acceptor.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/core/exceptions.h"
#include "base/http/linger.h"

namespace multiaz::http {

namespace {
constexpr size_t kRefusalsMax = 64;  // refusals that are being sent at the same time

// Asks the kernel: the loop may not have read the socket since a request arrived.
bool has_unread_bytes(const rt::Conn& conn) {
  char byte = 0;
  return ::recv(conn.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}

Acceptor::Acceptor(size_t connections_max, std::string refusal, Session session)
    : connections_max_(connections_max),
      refusal_(std::move(refusal)),
      session_(std::move(session)),
      refusals_(kRefusalsMax),
      over_(std::make_shared<rt::Wait>()) {}

Acceptor::~Acceptor() {
  CHECK_NOTE(nursery_.size() == 0, "join() the acceptor first");
}

void Acceptor::listen(std::unique_ptr<rt::Listener> listener, Opening opening) {
  if (draining_) return;
  const std::string name = "accept " + listener->address().text();
  nursery_.spawn(name, accept_all(std::move(listener), std::move(opening)));
}

rt::Task<void> Acceptor::accept_all(std::unique_ptr<rt::Listener> listener, Opening opening) {
  const auto place = listeners_.insert(listener.get()).first;
  while (true) {
    auto conn = co_await listener->accept();
    if (!conn) break;
    admit(std::move(*conn), opening);
    co_await rt::yield();
  }
  listeners_.erase(place);
}

void Acceptor::admit(std::unique_ptr<rt::Conn> conn, const Opening& opening) {
  if (accepted_conns_.size() < connections_max_ || close_longest_idle()) {
    nursery_.spawn("connection", serve(std::move(conn), opening));
    return;
  }
  ++refused_;
  if (opening) return;  // the words of a refusal would need an opening first
  nursery_.spawn("refusal", refusals_.refuse(std::move(conn), refusal_));
}

bool Acceptor::close_longest_idle() {
  AcceptedConn* longest = nullptr;
  for (AcceptedConn* one : accepted_conns_) {
    if (!one->idle() || one->conn.closed() || one->conn.pending_bytes() > 0) continue;
    if (longest == nullptr || one->idle_since() < longest->idle_since()) longest = one;
  }
  if (longest == nullptr) return false;
  if (monotonic_now() < longest->idle_since() + kIdleMinMs * kMillisecond) return false;
  if (has_unread_bytes(longest->conn)) return false;
  longest->conn.close(Code::kCancelled, "it was idle, and a new connection needs its place");
  return true;
}

rt::Task<void> Acceptor::serve(std::unique_ptr<rt::Conn> conn, Opening opening) {
  AcceptedConn accepted(*conn);
  accepted.draining = draining_;
  const auto place = accepted_conns_.insert(accepted_conns_.end(), &accepted);
  try {
    Status opened;
    if (opening) opened = co_await opening(*conn);
    if (opened) {
      co_await session_(accepted);
    } else {
      ++not_opened_;
    }
  } catch (...) {
    caught_exception("a connection of " + conn->peer().text());
  }
  accepted_conns_.erase(place);
}

void Acceptor::stop_listening() {
  if (listeners_.empty()) return;
  // Deferred to the next turn: a connection that libuv has already accepted for accept_all is
  // handed over first and not reset. The accept tasks keep this object alive until then.
  rt::defer([this] {
    for (rt::Listener* listener : listeners_) listener->close();
  });
}

void Acceptor::stop_listening(rt::Address address) {
  const auto same = [address](rt::Listener* listener) { return listener->address() == address; };
  if (std::none_of(listeners_.begin(), listeners_.end(), same)) return;
  // Deferred for the same reason.
  rt::defer([this, same] {
    for (rt::Listener* listener : listeners_) {
      if (same(listener)) listener->close();
    }
  });
}

void Acceptor::drain(DrainTimes times) {
  if (draining_) return;
  begin_end();
  idle_timer_ = std::make_unique<rt::Timer>([this] { close_idle(); });
  idle_timer_->start(times.idle_ms, kCloseIdleMs);
  limit_timer_ = std::make_unique<rt::Timer>([this] { close_all(); });
  limit_timer_->start(times.limit_ms);
}

void Acceptor::stop() {
  begin_end();
  // Deferred like stop_listening(), so that a connection that is handed over last is closed as
  // well.
  limit_timer_ = std::make_unique<rt::Timer>([this] { close_all(); });
  limit_timer_->start(0);
}

void Acceptor::begin_end() {
  draining_ = true;
  stop_listening();
  for (AcceptedConn* accepted : accepted_conns_) accepted->draining = true;
  nursery_.stop();
  rt::defer([over = over_] { over->wake(); });
}

void Acceptor::close_idle() {
  for (AcceptedConn* accepted : accepted_conns_) {
    // An answer with pending bytes is not over, even if the next request may come.
    if (!accepted->idle() || accepted->conn.pending_bytes() > 0) continue;
    accepted->conn.close(Code::kCancelled, "draining");
  }
}

void Acceptor::close_all() {
  for (AcceptedConn* accepted : accepted_conns_) accepted->conn.close(Code::kCancelled, "stopped");
}

rt::Task<void> Acceptor::join() {
  rt::Wait& over = *over_;
  while (!draining_) co_await over;
  co_await nursery_.join();
  idle_timer_.reset();
  limit_timer_.reset();
}

}  // namespace multiaz::http
