// Watchdog: closes a silent connection, after a last answer if there is one (408). A deadline of
// the Conn itself closes without an answer.
#pragma once

#include <string>

#include "base/core/clock.h"
#include "base/rt/conn.h"
#include "base/rt/loop.h"

namespace multiaz::http {

class Watchdog {
 public:
  // REQUIRES: the connection outlives the watchdog.
  explicit Watchdog(rt::Conn& conn);
  // Makes the last answer when it is needed.
  using LastAnswer = std::string (*)();
  // Arms for `ms` from now and replaces the previous deadline. When it passes, waits on the
  // connection return kTimeout.
  void arm(uint64_t ms, LastAnswer last_answer = nullptr);
  void disarm() { due_ = 0; }
  [[nodiscard]] bool fired() const { return fired_; }

 private:
  void look();

  rt::Conn& conn_;
  LastAnswer last_answer_ = nullptr;
  bool fired_ = false;
  // Armed far more often than it fires, so the timer is not moved each time: when it fires early,
  // it starts again for the rest.
  Nanos due_ = 0;        // 0 = disarmed
  Nanos timer_due_ = 0;  // 0 = the timer does not run
  rt::Timer timer_;
};

}  // namespace multiaz::http
