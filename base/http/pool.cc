#include "base/http/pool.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/rt/loop.h"

namespace multiaz::http {

namespace {

constexpr Nanos kSweepInterval = kSecond;
// A server that ends connections after a time of silence waits longer than this.
constexpr Nanos kJustNow = 100 * kMillisecond;

bool looks_open(rt::Conn& conn) {
  return !conn.closed() && !conn.at_eof() && conn.peek().empty();
}

// Between messages a connection must not be readable: bytes that were not asked for are as bad as
// an end.
bool usable(rt::Conn& conn) {
  if (!looks_open(conn)) return false;
  // The loop may not have looked at the socket yet, but the kernel already knows.
  char byte = 0;
  const ssize_t got = ::recv(conn.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

Pool::Pool(size_t per_address_max, uint64_t idle_ms)
    : per_address_max_(per_address_max), idle_(idle_ms * kMillisecond) {}

std::unique_ptr<rt::Conn> Pool::take(rt::Address to) {
  const auto found = idle_conns_.find(to);
  if (found == idle_conns_.end()) return nullptr;
  std::deque<Idle>& idle = found->second;
  const Nanos now = monotonic_now();
  std::unique_ptr<rt::Conn> conn = take_looked_at(idle, now);
  if (!conn) conn = take_newest(idle, now);
  if (idle.empty()) idle_conns_.erase(found);
  return conn;
}

std::unique_ptr<rt::Conn> Pool::take_newest(std::deque<Idle>& idle, Nanos now) {
  std::unique_ptr<rt::Conn> conn;
  while (!idle.empty() && !conn) {
    Idle newest = std::move(idle.back());
    idle.pop_back();
    if (newest.until > now && usable(*newest.conn)) conn = std::move(newest.conn);
  }
  return conn;
}

std::unique_ptr<rt::Conn> Pool::take_looked_at(std::deque<Idle>& idle, Nanos now) {
  const uint64_t turn = rt::loop_turns();
  // They stand in the order in which they became idle.
  const auto newer =
      std::ranges::partition_point(idle, [turn](const Idle& one) { return one.turn + 2 <= turn; });
  if (newer == idle.begin()) return nullptr;
  const auto newest = std::prev(newer);
  if (now - newest->since > kJustNow || !looks_open(*newest->conn)) return nullptr;
  std::unique_ptr<rt::Conn> conn = std::move(newest->conn);
  idle.erase(newest);
  return conn;
}

void Pool::put(rt::Address to, std::unique_ptr<rt::Conn> conn) {
  const Nanos now = monotonic_now();
  if (now - swept_ > kSweepInterval) sweep();
  if (!looks_open(*conn)) return;
  conn->clear_deadline();
  std::deque<Idle>& idle = idle_conns_[to];
  if (idle.size() >= per_address_max_) idle.pop_front();
  Idle entry;
  entry.conn = std::move(conn);
  entry.since = now;
  entry.until = now + idle_;
  entry.turn = rt::loop_turns();
  idle.push_back(std::move(entry));
}

void Pool::sweep() {
  const Nanos now = monotonic_now();
  swept_ = now;
  const auto over = [now](const Idle& idle) {
    return idle.until <= now || !looks_open(*idle.conn);
  };
  for (auto& [address, idle] : idle_conns_) std::erase_if(idle, over);
  std::erase_if(idle_conns_, [](const auto& entry) { return entry.second.empty(); });
}

void Pool::drop(rt::Address to) {
  idle_conns_.erase(to);
}

void Pool::drop_oldest() {
  auto oldest = idle_conns_.end();
  for (auto at = idle_conns_.begin(); at != idle_conns_.end(); ++at) {
    const bool older =
        oldest == idle_conns_.end() || at->second.front().until < oldest->second.front().until;
    if (older) oldest = at;
  }
  if (oldest == idle_conns_.end()) return;
  oldest->second.pop_front();
  if (oldest->second.empty()) idle_conns_.erase(oldest);
}

void Pool::clear() {
  idle_conns_.clear();
}

size_t Pool::size() const {
  size_t count = 0;
  for (const auto& [address, idle] : idle_conns_) count += idle.size();
  return count;
}

}  // namespace multiaz::http
