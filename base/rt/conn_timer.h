// ConnTimer: one of the timers of a connection. libuv's part of it is made by the first start(),
// and keeps the connection's state alive until it is closed.
#pragma once

#include <uv.h>

#include <cstdint>

#include "base/rt/conn.h"

namespace multiaz::rt {

class ConnTimer {
 public:
  using Then = void (*)(Conn::State&);
  explicit ConnTimer(Conn::State& conn) : conn_(conn) {}
  ConnTimer(const ConnTimer&) = delete;
  ConnTimer& operator=(const ConnTimer&) = delete;

  // Calls `then` after `ms`, and again every `repeat_ms` unless that is 0. REQUIRES: not closed.
  void start(uint64_t ms, uint64_t repeat_ms, Then then);
  void stop();
  void close();

 private:
  Conn::State& conn_;
  uv_timer_t* timer_ = nullptr;
  Then then_ = nullptr;
};

}  // namespace multiaz::rt
