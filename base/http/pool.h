// Pool: idle kept-alive connections to servers, by address. The newest is reused first, so that
// surplus connections grow old and are closed; but one that the loop has looked at since it became
// idle goes before those that only the kernel can say are still open.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "base/core/clock.h"
#include "base/rt/address.h"
#include "base/rt/conn.h"

namespace multiaz::http {

class Pool {
 public:
  Pool(size_t per_address_max, uint64_t idle_ms);

  // A connection that the kernel says is still open, or null.
  std::unique_ptr<rt::Conn> take(rt::Address to);
  // Takes back a connection between messages. A connection with unread bytes is closed.
  void put(rt::Address to, std::unique_ptr<rt::Conn> conn);
  // Closes connections that the server has closed or that were idle for too long. put() calls it
  // once a second.
  void sweep();
  void drop(rt::Address to);
  // Closes the connection that has been idle longest.
  void drop_oldest();
  void clear();
  [[nodiscard]] size_t size() const;

 private:
  struct Idle {
    std::unique_ptr<rt::Conn> conn;
    Nanos since, until;
    uint64_t turn;  // of the loop, when it became idle
  };
  static std::unique_ptr<rt::Conn> take_newest(std::deque<Idle>& idle, Nanos now);
  // The newest connection that the loop has looked at, if it became idle just now.
  static std::unique_ptr<rt::Conn> take_looked_at(std::deque<Idle>& idle, Nanos now);

  size_t per_address_max_;
  Nanos idle_;
  Nanos swept_ = 0;
  std::map<rt::Address, std::deque<Idle>> idle_conns_;
};

}  // namespace multiaz::http
