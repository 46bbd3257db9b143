// Watchdog: closes a silent connection, after a last answer if there is one (408). A deadline of
// the Conn itself closes without an answer.
#pragma once

#include <string>

#include "base/rt/conn.h"
#include "base/rt/loop.h"

namespace multiaz::http {

class Watchdog {
 public:
  // REQUIRES: the connection outlives the watchdog.
  explicit Watchdog(rt::Conn& conn);
  // Makes the last answer when it is needed.
  using LastWords = std::string (*)();
  // Arms for `ms` from now and replaces the previous deadline. When it passes, waits on the
  // connection return kTimeout.
  void arm(uint64_t ms, LastWords last_words = nullptr);
  void disarm() { timer_.stop(); }
  [[nodiscard]] bool fired() const { return fired_; }

 private:
  rt::Conn& conn_;
  LastWords last_words_ = nullptr;
  bool fired_ = false;
  rt::Timer timer_;
};

}  // namespace multiaz::http
