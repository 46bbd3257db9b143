// Watchdog: closes a silent connection, after a last answer if there is one (408). A deadline of
// the Conn itself closes without an answer.
#pragma once

#include <string>

#include "base/rt/conn.h"
#include "base/rt/loop.h"
#include "base/rt/moving_due.h"

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
  void disarm() { due_.clear(); }
  [[nodiscard]] bool fired() const { return fired_; }

 private:
  void look();

  rt::Conn& conn_;
  LastAnswer last_answer_ = nullptr;
  bool fired_ = false;
  rt::MovingDue due_;
  rt::Timer timer_;
};

}  // namespace multiaz::http
