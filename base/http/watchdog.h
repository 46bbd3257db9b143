// Watchdog: closes a silent connection, after a last word if there is one (408). A deadline of the
// Conn itself closes without a word.
#pragma once

#include <string>

#include "base/rt/conn.h"
#include "base/rt/loop.h"

namespace multiaz::http {

class Watchdog {
 public:
  // REQUIRES: the connection outlives it.
  explicit Watchdog(rt::Conn& conn);
  // Makes the last words when they are needed.
  using LastWords = std::string (*)();
  // From now on; replaces what was armed before. Waits on the connection then see kTimeout.
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
