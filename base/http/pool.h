// Pool: idle kept-alive connections to servers, by address. The newest is reused first, so that
// surplus connections grow old and are closed.
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
    Nanos until;
  };
  size_t per_address_max_;
  Nanos idle_;
  Nanos swept_ = 0;
  std::map<rt::Address, std::deque<Idle>> idle_conns_;
};

}  // namespace multiaz::http
