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
  // From now on; replaces what was armed before. Waits on the connection then see kTimeout.
  void arm(uint64_t ms, std::string last_words = "");
  void disarm() { timer_.stop(); }
  [[nodiscard]] bool fired() const { return fired_; }

 private:
  rt::Conn& conn_;
  std::string last_words_;
  bool fired_ = false;
  rt::Timer timer_;
};

}  // namespace multiaz::http
